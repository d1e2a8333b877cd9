/** Where blocks and heads rest. What other rooms may use of it. */
export { FORMAT } from './format.js';
export { hashOf, isHash, verify } from './hash.js';
export { type LmdbStoreOptions, openLmdbStore } from './lmdb.js';
export { createMemoryStore, type MemoryStoreOptions } from './memory.js';
export { type OpenStoreOptions, openStore } from './open.js';
export type { BlockStore, Blocks, Hash, Head, HeadStore, Move, Store } from './store.js';
