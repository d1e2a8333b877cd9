/** Asks for commits, lets their transaction begin, and then keeps JavaScript busy until a file appears. */
import { existsSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { blockOf, directory, headAt, openLmdbStore, say } from './child.mjs';

const store = openLmdbStore({ directory });
const file = process.argv[3] ?? '';
const saving = [1, 2, 3].map((at) => {
  const { hash, block } = blockOf(`busy ${at}`);
  const moves = [{ name: `busy ${at}`, expect: null, to: headAt(`busy ${at}`, 1, hash) }];
  return store.commit({ blocks: new Map([[hash, block]]), borrowed: [], moves });
});
await nextTurn();
await nextTurn();
writeSync(1, '"busy"\n');
while (!existsSync(file)) {
  // JavaScript is busy, and hears of nothing.
}
await Promise.all(saving);
await store.close();
say('done');
