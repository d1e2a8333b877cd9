/**
 * An agent that can be taken back to any of its steps: `node examples/langgraph-agent/main.mjs [directory]`.
 *
 * It plans a journey, and not a good one. So it is taken back to where it had seen what there is, and goes on from there
 * in three what-ifs, each with something decided otherwise. They are compared, two of them are put together, the best is
 * kept, the rest goes. `--continue` goes on with the one that was kept, in another process.
 *
 * The agent itself is in graph.mjs, model.mjs and tools.mjs, as it would be with any other checkpointer.
 */
import { parseArgs } from 'node:util';
import { HumanMessage } from '@langchain/core/messages';
import { Helios } from 'helios-materializer';
import { HeliosSaver } from 'helios-materializer/langgraph';
import { differences, lineOf, sizeOf, tableOf } from './compare.mjs';
import { tripAgent } from './graph.mjs';
import { ScriptedModel } from './model.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { continue: { type: 'boolean', default: false } },
});
const store = positionals[0] ?? '.helios-trip';

// Most programs need no more than `new HeliosSaver({ store })`. This one opens the Helios itself, to compare and to
// collect with it; `graceMs: 0` gives bytes back at once, which is right where nobody else has the store open.
const helios = await Helios.open({ store, graceMs: 0 });
const checkpointer = new HeliosSaver(helios);
const graph = tripAgent(new ScriptedModel(), checkpointer);
try {
  await (options.continue ? goOn() : planTrip());
} finally {
  await helios.close();
}

async function planTrip() {
  for (const thread of ['trip', 'trip-train', 'trip-central', 'trip-asked', 'trip-both']) {
    await checkpointer.deleteThread(thread); // of the last time
  }

  title('1. The agent plans a journey');
  const before = bytesInStore();
  await run('trip', { messages: [new HumanMessage('I need to be in Vienna for three nights, as cheap as can be.')] });
  const trip = { thread: 'trip', forkBytes: 0, runBytes: bytesInStore() - before, ...(await outcomeOf('trip')) };

  title('2. Back to where it had seen what there is, and on from there in three what-ifs');
  const past = await stateBefore('trip', 'get_offer');
  const train = await whatIf('trip-train', past, { plan: { travel: 'train' } });
  const central = await whatIf('trip-central', past, { plan: { hotel: 'central' } });
  const asked = await whatIf('trip-asked', past, { messages: 'Ask for a discount first.' });

  title('3. The branches compared');
  console.log(tableOf([trip, train, central, asked]));
  for (const { thread, values } of [train, central, asked]) {
    console.log(`\n${thread}, against trip:`);
    for (const line of differences(helios, trip.values, values)) console.log(`  ${line}`);
  }

  title('4. Two what-ifs put together: what one decided, and what the other found out');
  const merged = merge(past.values, central.values, asked.values);
  console.log(JSON.stringify(merged));
  const both = await whatIf('trip-both', past, merged);

  title('5. The best is kept, the others go');
  await keepBest([trip, train, central, asked, both]);
  console.log(`
Look at what is left, each with --store ${store}:
  helios ls langgraph/
  helios log langgraph/trip
  helios stats --bytes
Go on with it in another process:
  node examples/langgraph-agent/main.mjs ${store} --continue`);
}

async function goOn() {
  if ((await checkpointer.getTuple(at('trip'))) === undefined) {
    console.error(`There is no trip in ${store} yet. Run this without --continue first.`);
    process.exitCode = 1;
    return;
  }
  title('Another process goes on with what was kept');
  await run('trip', { messages: [new HumanMessage('What was your offer again?')] });
}

/** Runs the agent on a thread, to its end, and shows each step. Without an input it goes on where the thread stands. */
async function run(thread, input = null) {
  for (const message of input?.messages ?? []) console.log(`  ${lineOf(message)}`);
  for await (const step of await graph.stream(input, { ...at(thread), streamMode: 'updates' })) {
    // By node; of several tools an update each.
    const messages = Object.values(step)
      .flat()
      .flatMap((update) => update.messages);
    for (const message of messages) console.log(`  ${lineOf(message)}`);
  }
}

/** Where a thread stood when the model was about to call this tool. */
async function stateBefore(thread, tool) {
  for await (const state of graph.getStateHistory(at(thread))) {
    const called = (state.values.messages ?? []).flatMap(({ tool_calls: calls = [] }) => calls.map(({ name }) => name));
    if (state.next[0] === 'agent' && !called.includes(tool)) return state;
  }
  throw new Error(`The thread ${thread} has no state before ${tool}.`);
}

/** A thread of its own that begins at a past state of another, gets an update, and runs to its end. */
async function whatIf(thread, past, update) {
  const { thread_id, checkpoint_id } = past.config.configurable;
  const before = bytesInStore();
  await checkpointer.forkThread(thread_id, checkpoint_id, thread);
  const forked = bytesInStore();
  const changes = Object.entries(update).map(([channel, value]) => `${channel} ${JSON.stringify(value)}`);
  console.log(`${thread}: ${changes.join(', ')}`);
  await graph.updateState(at(thread), update);
  await run(thread);
  return { thread, forkBytes: forked - before, runBytes: bytesInStore() - forked, ...(await outcomeOf(thread)) };
}

async function outcomeOf(thread) {
  const { values, metadata } = await graph.getState(at(thread));
  return { values, steps: metadata.step };
}

/**
 * What two branches decided and found out since `base`, as an update. Their messages stay where they are: two
 * conversations, put together, are none that ever took place. The agent goes on from `base` and knows what both knew.
 */
function merge(...states) {
  const [base, ours, theirs] = states.map(({ plan, facts }) => helios.create('record', { plan, facts }));
  const { ref, conflicts } = helios.merge(base, ours, theirs);
  // Both decided on the same thing, each otherwise. A fourth argument of merge may say which it is to be.
  if (conflicts.length > 0) throw new Error(`Conflict: ${conflicts.map(({ path }) => path.join('.')).join(', ')}`);
  return ref.materialize();
}

/** The best of the branches takes the name of the first. The others are deleted, and their bytes given back. */
async function keepBest(branches) {
  const best = branches.reduce((one, other) => (other.values.offer.total < one.values.offer.total ? other : one));
  const [main, ...whatIfs] = branches;
  if (best !== main) {
    await checkpointer.deleteThread(main.thread);
    await checkpointer.copyThread(best.thread, main.thread);
  }
  for (const { thread } of whatIfs) await checkpointer.deleteThread(thread);
  const before = bytesInStore();
  const { bytesFreed } = await helios.collect();
  console.log(`${best.thread} is kept as ${main.thread}: €${best.values.offer.total}`);
  console.log(`freed ${sizeOf(bytesFreed)} of ${sizeOf(before)}`);
}

function at(thread) {
  return { configurable: { thread_id: thread } };
}

function bytesInStore() {
  return helios.stats().store.bytes;
}

function title(text) {
  console.log(`\n${text}\n`);
}
