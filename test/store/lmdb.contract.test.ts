import { open } from 'lmdb';
import { openLmdbStore } from '../../src/store/index.js';
import { storeContract } from '../contract/store.js';
import { freshDirectory, removeDirectory } from './directories.js';

storeContract(
  'LMDB',
  () => {
    const at = freshDirectory();
    return { store: openLmdbStore({ directory: at }), at };
  },
  async (at, hash, bytes) => {
    const raw = open<Uint8Array, Uint8Array>(at, { noSubdir: false, keyEncoding: 'binary', encoding: 'binary' });
    const blocks = raw.openDB<Uint8Array, Uint8Array>({ name: 'blocks', keyEncoding: 'binary', encoding: 'binary' });
    await blocks.put(Buffer.from(hash, 'hex'), bytes);
    await raw.close();
  },
  removeDirectory,
);
