/** Where blocks and heads rest. What other rooms may use of it. */
export { FORMAT } from './format.js';
export { digestOf, hashOf, isHash, verify } from './hash.js';
export { openLmdbStore } from './lmdb.js';
export { createMemoryStore } from './memory.js';
export { openStore } from './open.js';
export {
  type Audited,
  type BlockStore,
  type Blocks,
  type Collection,
  type Hash,
  type Head,
  type HeadFault,
  LEASE_MS,
  type Move,
  type Store,
  SWEEP_MAX,
} from './store.js';
