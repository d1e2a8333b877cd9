/**
 * What actors say to one another, as schemas and the types that follow from them. They hold for the embedded bus, where
 * bodies are handed over as they are, and for the wire. Checked where something foreign comes in, not at every step.
 *
 * Fields that a schema doesn't name are left out of what a check gives back, so that a newer sender is understood by an
 * older receiver; only a policy keeps them. A field that is `undefined` is absent. Fields with a default are always
 * there after a check. References are the business of whoever encodes: a request names a root, an answer holds a value.
 */
export * from './messages/asking.js';
export * from './messages/becoming.js';
export * from './messages/looking.js';
export * from './messages/memory.js';
export * from './messages/working.js';
