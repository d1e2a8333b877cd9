/** What other rooms may use of looking on. */
export { type InspectHub, type InspectHubOptions, startInspectHub } from './hub.js';
export { createInspectTap, type InspectTap, type InspectTapOptions } from './tap.js';
