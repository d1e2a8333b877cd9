/** Helios as the storage of LangGraph.js: `helios-materializer/langgraph`. */
export { HeliosCache, type HeliosCacheOptions } from './cache.js';
export type { LangChainClass } from './classes.js';
export { importFromSqlite, type MoveCounts, type MoveOptions } from './moveIn.js';
export { HeliosSaver, type SaverOptions } from './saver.js';
export { HeliosStore, type HeliosStoreOptions } from './store.js';
