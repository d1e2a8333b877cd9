/** Commits until the disk (or the limit on a file's size) is full; says what it saved, and what became of the rest. */
import { blockOf, directory, headAt, openLmdbStore, say } from './child.mjs';

const store = openLmdbStore({ directory });
let saved = 0;
let failure;
for (let version = 1; failure === undefined; version++) {
  const { hash, block } = blockOf(`${version}`.padEnd(20_000, '.'));
  const moves = [{ name: `n${version}`, expect: null, to: headAt(`n${version}`, 1, hash) }];
  try {
    await store.commit({ blocks: new Map([[hash, block]]), borrowed: [], moves });
    saved = version;
  } catch (error) {
    failure = { code: error.code, message: error.message };
  }
}
const isReadable = store.blocks.get(blockOf('1'.padEnd(20_000, '.')).hash) !== undefined;
const { size } = store.blocks;
const again = await store.blocks
  .put(new Map([[blockOf('x'.repeat(90_000)).hash, Buffer.from('x'.repeat(90_000))]]))
  .then(
    () => 'done',
    (error) => error.code,
  );
await store.close();
say({ saved, failure, isReadable, size, again });
