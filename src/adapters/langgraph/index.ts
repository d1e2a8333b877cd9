/** Helios as the storage of LangGraph.js: `helios-materializer/langgraph`. */
export type { LangChainClass } from './classes.js';
export { HeliosSaver, type SaverOptions } from './saver.js';
