/** What other rooms may use of looking on. */
export { DEFAULT_EVENTS_PER_SECOND } from './budget.js';
export { DEFAULT_SAMPLE } from './choose.js';
export { type InspectHub, type InspectHubOptions, startInspectHub } from './hub.js';
export { DEFAULT_INSPECT_PORT, LOOPBACK } from './server.js';
export { type StartInspectorOptions, startInspector } from './start.js';
export { createInspectTap, type InspectTap, type InspectTapOptions } from './tap.js';
