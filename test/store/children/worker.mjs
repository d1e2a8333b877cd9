/** Does what the test tells it, one line at a time: `save <name> <version> <previous>`, `put <count> <bytes>`, `close`. */
import { blockOf, directory, headAt, onLines, openLmdbStore, say } from './child.mjs';

const options = JSON.parse(process.argv[3] ?? '{}');
const store = openLmdbStore({ directory, ...options });
say('open');
await onLines(async (line) => {
  const [verb, first, second, third] = line.split(' ');
  try {
    say(await act(verb, first, second, third));
  } catch (error) {
    say({ code: error.code, message: error.message });
  }
  return verb === 'close';
});

async function act(verb, first, second, third) {
  switch (verb) {
    case 'save': {
      const { hash, block } = blockOf(`${first} ${second}`);
      const to = headAt(first, Number(second), hash);
      const moves = [{ name: first, expect: third ?? null, to }];
      await store.commit({ blocks: new Map([[hash, block]]), borrowed: [], moves });
      return hash;
    }
    case 'put': {
      const blocks = Array.from({ length: Number(first) }, (_, at) => blockOf(`${at}`.padEnd(Number(second), '.')));
      await store.blocks.put(new Map(blocks.map(({ hash, block }) => [hash, block])));
      return blocks[0]?.hash;
    }
    case 'has':
      return store.blocks.has(first);
    case 'close':
      await store.close();
      return 'closed';
    default:
      return 'unknown';
  }
}
