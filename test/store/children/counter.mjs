/** Counts a head up by compare-and-set, as many times as it is told, beside others who do the same. */
import { blockOf, directory, headAt, openLmdbStore, say } from './child.mjs';

const store = openLmdbStore({ directory });
const times = Number(process.argv[3]);
const who = process.argv[4];
let conflicts = 0;
for (let done = 0; done < times; ) {
  const found = store.heads.get('counter');
  const version = (found?.version ?? 0) + 1;
  const { hash, block } = blockOf(JSON.stringify({ who, version }));
  const to = headAt('counter', version, hash);
  try {
    const moves = [{ name: 'counter', expect: found?.commit ?? null, to }];
    await store.commit({ blocks: new Map([[hash, block]]), borrowed: [], moves });
    done++;
  } catch (error) {
    if (error.code !== 'CONFLICT') throw error;
    conflicts++;
  }
}
await store.close();
say({ conflicts });
