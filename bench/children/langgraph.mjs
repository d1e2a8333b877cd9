/**
 * One thread of an agent with tools, of so many messages, on one saver: `langgraph.mjs helios|memory MESSAGES FOLDER`. A
 * turn is four messages of 0.6 to 1.4 KB, a quarter of the tools' results 4 to 10 KB, beside a plan, a profile, facts and
 * counters. Prints what it took, in milliseconds and bytes.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { Annotation, END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { MemorySaver } from '@langchain/langgraph-checkpoint';
import { HeliosSaver } from '../../dist/adapters/langgraph/index.js';
import { Helios } from '../../dist/index.js';

const [side, countText, folder] = process.argv.slice(2);
const MESSAGES = Number(countText);
const TURN = 4;
const config = { configurable: { thread_id: 'thread' }, durability: 'sync', recursionLimit: 100 };
const open = () => (side === 'helios' ? new HeliosSaver({ store: folder }) : new MemorySaver());

let random = 7;
const next = (limit) => {
  random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((random / 2 ** 32) * limit);
};
const WORDS = 'fox river stone market harvest letter night lantern bridge winter song promise road island'.split(' ');
const text = (bytes) => {
  let made = '';
  while (made.length < bytes) made += `${WORDS[next(WORDS.length)]} `;
  return made.slice(0, bytes);
};

const State = Annotation.Root({
  ...MessagesAnnotation.spec,
  plan: Annotation({ reducer: (_, value) => value, default: () => [] }),
  profile: Annotation({ reducer: (_, value) => value, default: () => ({ name: 'ann', likes: ['owls', 'bread'] }) }),
  facts: Annotation({ reducer: (all, more) => ({ ...all, ...more }), default: () => ({}) }),
  counters: Annotation({ reducer: (_, value) => value, default: () => ({ turns: 0 }) }),
});

function build(checkpointer) {
  const agent = ({ messages, counters }) => {
    const last = messages.at(-1);
    if (last instanceof HumanMessage) {
      const call = { name: 'search', args: { query: text(40) }, id: `call-${messages.length}`, type: 'tool_call' };
      return {
        messages: [new AIMessage({ content: text(600 + next(800)), id: `a${messages.length}`, tool_calls: [call] })],
      };
    }
    return {
      messages: [new AIMessage({ content: text(600 + next(800)), id: `a${messages.length}` })],
      counters: { turns: counters.turns + 1 },
      ...(next(5) === 0
        ? { plan: Array.from({ length: 5 }, () => text(60)), facts: { [`fact ${next(40)}`]: text(80) } }
        : {}),
    };
  };
  const tools = ({ messages }) => {
    const [call] = messages.at(-1).tool_calls;
    const bytes = next(4) === 0 ? 4_000 + next(6_000) : 600 + next(800);
    return { messages: [new ToolMessage({ content: text(bytes), tool_call_id: call.id, id: `t${messages.length}` })] };
  };
  return new StateGraph(State)
    .addNode('agent', agent)
    .addNode('tools', tools)
    .addEdge(START, 'agent')
    .addConditionalEdges('agent', ({ messages }) => (messages.at(-1).tool_calls?.length > 0 ? 'tools' : END))
    .addEdge('tools', 'agent')
    .compile({ checkpointer });
}

/** Times of a saver's `put`, in the order in which they came. */
function timed(saver) {
  const times = [];
  const { put } = saver;
  saver.put = async function (...args) {
    const startedAt = performance.now();
    const done = await put.apply(this, args);
    times.push(performance.now() - startedAt);
    return done;
  };
  return times;
}

const at = (samples, share) => {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
};
const took = async (run) => {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
};
const median = async (times, run) => {
  const samples = [];
  for (let time = 0; time < times; time++) samples.push(await took(run));
  return at(samples, 0.5);
};
const diskBytes = () => {
  if (side !== 'helios') return 0;
  return readdirSync(folder).reduce(
    (sum, name) => sum + (name.startsWith('lock') ? 0 : statSync(join(folder, name)).blocks * 512),
    0,
  );
};

let saver = open();
const puts = timed(saver);
let graph = build(saver);
const startedAt = performance.now();
for (let message = 0; message < MESSAGES; message += TURN) {
  await graph.invoke({ messages: [new HumanMessage({ content: text(600 + next(800)), id: `h${message}` })] }, config);
}
const runMs = performance.now() - startedAt;
const rssBytes = process.memoryUsage.rss();
const { values } = await graph.getState(config);
const stateBytes = JSON.stringify(values).length;
const bytes = diskBytes();
const few = Math.min(50, puts.length);
const early = puts.slice(5, 5 + few);
const late = puts.slice(-few);
const warmMs = await median(20, () => saver.getTuple({ configurable: config.configurable }));
let coldMs = 0;
if (side === 'helios') {
  await saver.end();
  saver = open();
  graph = build(saver);
  coldMs = await took(() => saver.getTuple({ configurable: config.configurable }));
}
const takeAll = async (stream) => {
  let count = 0;
  for await (const _ of stream) count++;
  return count;
};
const listMs = await median(3, () => takeAll(saver.list({ configurable: config.configurable }, { limit: 100 })));
const historyMs = await median(3, () => takeAll(graph.getStateHistory(config, { limit: 100 })));
const states = [];
for await (const state of graph.getStateHistory(config, { limit: 40 })) states.push(state);
const blockBytes = async () => (side === 'helios' ? (await saver.helios).stats().store.bytes : 0);
const before = await blockBytes();
let forks = 0;
const oldest = states.length - 2;
const forkMs = await median(Math.min(10, oldest), async () => {
  await graph.updateState(states[Math.min(10 + forks, oldest)].config, { counters: { turns: -forks } }, 'agent');
  forks++;
});
const storeBytes = await blockBytes();
const forkBytes = (storeBytes - before) / forks;
const deleteMs = await took(() => saver.deleteThread('thread'));
let freedShare = 0;
if (side === 'helios') {
  await saver.end();
  const helios = await Helios.open({ store: folder, graceMs: 0 });
  await helios.collect();
  freedShare = 1 - helios.stats().store.bytes / storeBytes;
}
console.log(
  JSON.stringify({
    ...{
      side,
      messages: MESSAGES,
      checkpoints: puts.length,
      stateBytes,
      bytes,
      storeBytes,
      rssBytes,
      runMs,
      warmMs,
      coldMs,
    },
    ...{
      earlyP50: at(early, 0.5),
      lateP50: at(late, 0.5),
      lateP95: at(late, 0.95),
      listMs,
      historyMs,
      forkMs,
      forkBytes,
      deleteMs,
      freedShare,
    },
  }),
);
process.exit(0);
