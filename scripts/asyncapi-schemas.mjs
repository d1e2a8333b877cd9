/**
 * The schemas of the messages as JSON Schema (draft 7), with words. Fields say their JSON Schema themselves; forms of a
 * message become schemas of their own, so that a reader sees which fields go together. Reads and writes no files.
 */
import { toJsonSchemaDefs } from '@valibot/to-json-schema';
import { fieldWords, schemaWords } from './asyncapi-words.mjs';

/**
 * @typedef {import('valibot').GenericSchema} Schema
 * @typedef {Record<string, unknown>} Json
 * @typedef {typeof import('../src/protocol/index.js') & { fields: typeof import('../src/protocol/messages/fields.js') }} Protocol
 */

/** What every tool that reads the document has to resolve. */
const refTo = (/** @type {string} */ name) => `#/components/schemas/${name}`;

/** Names of the two forms of a message: of what is `first` there, and of the rest. */
const FORMS = {
  Request: ['RequestByRoot', 'RequestByName'],
  DurableRequest: ['DurableRequestByRoot', 'DurableRequestByName'],
  Answer: ['AnswerFailed', 'AnswerMaterialized'],
  Outcome: ['OutcomeMaterialized', 'OutcomeOther'],
  InspectControl: ['InspectUnwatch', 'InspectWatch'],
};

/**
 * By their names in the document.
 *
 * @param {Protocol} protocol
 * @returns {Record<string, Schema>}
 */
function namedSchemas(protocol) {
  const { fields } = protocol;
  return {
    Request: protocol.requestMessage,
    DurableRequest: protocol.durableMessage,
    Answer: protocol.answerMessage,
    Progress: protocol.progressMessage,
    Cancel: protocol.cancelMessage,
    Work: protocol.workMessage,
    Report: protocol.workerStatus,
    Heartbeat: protocol.heartbeatMessage,
    Outcome: protocol.outcomeMessage,
    Live: protocol.liveMessage,
    DeadLetter: protocol.deadMessage,
    Pressure: protocol.pressureMessage,
    PolicyRecord: protocol.policyRecord,
    InspectControl: protocol.inspectControlMessage,
    InspectData: protocol.inspectDataMessage,
    Error: fields.error,
    Timings: fields.timings,
    Credits: fields.credits,
  };
}

/** Of JetStream, not ours. */
const publishAck = {
  type: 'object',
  properties: {
    stream: { type: 'string' },
    seq: { type: 'integer', minimum: 1 },
    duplicate: { type: 'boolean' },
  },
  required: ['stream', 'seq'],
};

/**
 * @param {Protocol} protocol
 * @returns {Record<string, Json>}
 */
export function jsonSchemas(protocol) {
  /** @type {Record<string, Schema>} */
  const named = {};
  for (const [name, schema] of Object.entries(namedSchemas(protocol))) {
    named[name] = schema;
    if ('first' in schema && 'second' in schema) {
      const [first, second] = formsOf(name) ?? [];
      if (first === undefined || second === undefined) throw new Error(`The two forms of ${name} have no names.`);
      named[first] = /** @type {Schema} */ (schema.first);
      named[second] = /** @type {Schema} */ (schema.second);
    }
  }
  const made = toJsonSchemaDefs(named, {
    typeMode: 'input',
    overrideRef: ({ referenceId }) => refTo(referenceId),
    overrideSchema: ({ valibotSchema, jsonSchema, referenceId }) => convert(valibotSchema, jsonSchema, referenceId),
  });
  /** @type {Record<string, Json>} */
  const schemas = {};
  for (const [name, schema] of Object.entries({ ...made, PublishAck: publishAck })) {
    const { description: _, ...rest } = withWords(schema, name);
    schemas[name] = { description: wordsOf(schemaWords, [name]), ...rest };
  }
  return schemas;
}

/**
 * Our own kinds of schemas; undefined for what the library does well.
 *
 * @returns {any}
 */
function convert(/** @type {any} */ schema, /** @type {any} */ made, /** @type {string | undefined} */ name) {
  if ('first' in schema) return { oneOf: (formsOf(name ?? '') ?? []).map((form) => ({ $ref: refTo(form) })) };
  if (schema.type === 'undefined') return { not: {}, description: schema.message };
  if ('json' in schema) return { ...structuredClone(schema.json), description: schema.message };
  if (schema.type === 'string') return { ...made, description: schema.message };
  return undefined;
}

/** @returns {readonly string[] | undefined} */
function formsOf(/** @type {string} */ name) {
  return Object.entries(FORMS).find(([of]) => of === name)?.[1];
}

/**
 * Puts in front of what a field may hold what it means.
 *
 * @returns {Json}
 */
function withWords(/** @type {any} */ schema, /** @type {string} */ place) {
  if (schema.type !== 'object' || schema.properties === undefined) return schema;
  /** @type {Json} */
  const properties = {};
  for (const [key, property] of Object.entries(schema.properties)) {
    if (key.startsWith('$')) return schema;
    if ('$ref' in property) {
      properties[key] = property; // what stands beside a reference is not read
      continue;
    }
    const words = wordsOf(fieldWords, [`${place}.${key}`, `${whole(place)}.${key}`, key]);
    const holds = property.description === undefined ? '' : ` ${sentence(property.description)}`;
    properties[key] = { ...withWords(property, `${place}.${key}`), description: `${words}${holds}` };
  }
  return { ...schema, properties };
}

/** The message of which this is a form, with the way to the field. */
function whole(/** @type {string} */ place) {
  const [name = '', ...way] = place.split('.');
  const of = Object.entries(FORMS).find(([, forms]) => forms.includes(name))?.[0] ?? name;
  // A durable request is a request, with a few fields more.
  return [of, ...way].join('.');
}

/**
 * The first of these names that has words.
 *
 * @returns {string}
 */
function wordsOf(/** @type {Record<string, string>} */ words, /** @type {readonly string[]} */ names) {
  const all = names.flatMap((name) => [name, name.replace(/^DurableRequest\./, 'Request.')]);
  const found = all.find((name) => words[name] !== undefined);
  if (found === undefined) throw new Error(`scripts/asyncapi-words.mjs says nothing of ${names.join(' or ')}.`);
  return words[found] ?? '';
}

function sentence(/** @type {string} */ text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
