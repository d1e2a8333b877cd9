/**
 * Many small threads on one saver: `langgraph-threads.mjs helios|memory THREADS FOLDER`. Each has one checkpoint of about
 * 1.5 KB; then some of them are read, one after another. Prints the times of reading one, in microseconds.
 */
import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { emptyCheckpoint, MemorySaver, uuid6 } from '@langchain/langgraph-checkpoint';
import { HeliosSaver } from '../../dist/adapters/langgraph/index.js';

const [side, countText, folder] = process.argv.slice(2);
const THREADS = Number(countText);
const READS = 5_000;
/** Puts on their way at the same time. */
const AT_ONCE = 64;
const saver = side === 'helios' ? new HeliosSaver({ store: folder }) : new MemorySaver();

const put = (n) => {
  const messages = [
    new HumanMessage({ content: `question ${n} `.repeat(40), id: `h${n}` }),
    new AIMessage({ content: `answer ${n} `.repeat(50), id: `a${n}` }),
  ];
  const checkpoint = {
    ...emptyCheckpoint(),
    id: uuid6(n),
    channel_values: { messages },
    channel_versions: { messages: 1 },
  };
  const config = { configurable: { thread_id: `thread-${n}`, checkpoint_ns: '' } };
  return saver.put(config, checkpoint, { source: 'loop', step: 1, parents: {} }, { messages: 1 });
};
const startedAt = performance.now();
for (let from = 0; from < THREADS; from += AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, THREADS - from) }, (_, at) => put(from + at)));
}
const putMs = (performance.now() - startedAt) / THREADS;

let random = 7;
const times = [];
for (let read = 0; read < READS; read++) {
  random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
  const config = { configurable: { thread_id: `thread-${random % THREADS}` } };
  const before = performance.now();
  const tuple = await saver.getTuple(config);
  if (tuple.checkpoint.channel_values.messages.length !== 2) throw new Error('A thread was not read.');
  times.push((performance.now() - before) * 1e3);
}
times.sort((a, b) => a - b);
await saver.end?.();
console.log(JSON.stringify({ putMs, p50: times[READS / 2], p95: times[Math.ceil(READS * 0.95)] }));
process.exit(0);
