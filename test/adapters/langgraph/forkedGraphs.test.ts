/** What a graph does in a thread that was forked at a step that the other thread has taken, or stands at. */
import { Annotation, Command, DeltaChannel, interrupt, Overwrite, START, StateGraph } from '@langchain/langgraph';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HeliosSaver } from '../../../src/adapters/langgraph/index.js';

let saver: HeliosSaver;
beforeEach(() => {
  saver = new HeliosSaver({ store: 'memory' });
});
afterEach(() => saver.end());

const at = (thread: string) => ({ configurable: { thread_id: thread } });

const State = Annotation.Root({
  choice: Annotation<string>(),
  done: Annotation<string[]>({ reducer: (all, more) => [...all, ...more], default: () => [] }),
});

/** The id of the checkpoint at which this node is next. */
async function before(history: AsyncIterable<{ next: readonly string[]; config: object }>, node: string) {
  for await (const { next, config } of history) {
    if (next.includes(node)) return (config as { configurable: { checkpoint_id: string } }).configurable.checkpoint_id;
  }
  throw new Error(`${node} was never next`);
}

it('takes the step again that the other thread took, with what was changed before', async () => {
  const runs: string[] = [];
  const act = ({ choice }: typeof State.State) => {
    runs.push(choice);
    return { done: [choice] };
  };
  const graph = new StateGraph(State)
    .addNode('choose', () => ({ choice: 'first' }))
    .addNode('act', act)
    .addNode('also', () => ({ done: ['also'] }))
    .addEdge(START, 'choose')
    .addEdge('choose', 'act')
    .addEdge('choose', 'also')
    .compile({ checkpointer: saver });
  await graph.invoke({}, at('thread'));
  const id = await before(graph.getStateHistory(at('thread')), 'act');

  await saver.forkThread('thread', id, 'same');
  expect((await graph.getState(at('same'))).values).toEqual({ choice: 'first', done: [] });
  expect((await graph.invoke(null, at('same'))).done).toEqual(['first', 'also']);
  await saver.forkThread('thread', id, 'other');
  await graph.updateState(at('other'), { choice: 'second' });
  expect((await graph.getState(at('other'))).values).toEqual({ choice: 'second', done: [] });
  expect((await graph.invoke(null, at('other'))).done).toEqual(['second', 'also']);
  expect(runs).toEqual(['first', 'first', 'second']);
  expect((await graph.getState(at('thread'))).values.done).toEqual(['first', 'also']);
});

it('asks what the other thread was asked, and can be told something else', async () => {
  const graph = new StateGraph(State)
    .addNode('ask', () => ({ done: [String(interrupt('which?'))] }))
    .addEdge(START, 'ask')
    .compile({ checkpointer: saver });
  await graph.invoke({}, at('thread'));
  await graph.invoke(new Command({ resume: 'red' }), at('thread'));
  await saver.forkThread('thread', await before(graph.getStateHistory(at('thread')), 'ask'), 'fork');
  const { tasks, next } = await graph.getState(at('fork'));
  expect([next, tasks[0]?.interrupts[0]?.value]).toEqual([['ask'], 'which?']);
  expect((await graph.invoke(new Command({ resume: 'blue' }), at('fork'))).done).toEqual(['blue']);
  expect((await graph.getState(at('thread'))).values.done).toEqual(['red']);
});

it('waits where the other thread waits, in the middle of a subgraph, and takes no step twice', async () => {
  const runs: string[] = [];
  const inner = new StateGraph(State)
    .addNode('prepare', () => {
      runs.push('prepare');
      return { choice: 'prepared' };
    })
    .addNode('ask', ({ choice }) => ({ done: [`${choice}: ${interrupt('which?')}`] }))
    .addEdge(START, 'prepare')
    .addEdge('prepare', 'ask')
    .compile();
  const graph = new StateGraph(State).addNode('inner', inner).addEdge(START, 'inner').compile({ checkpointer: saver });
  await graph.invoke({}, at('thread'));
  await saver.forkThread('thread', undefined, 'fork');
  await saver.forkThread('thread', await before(graph.getStateHistory(at('thread')), 'inner'), 'by id');
  for (const thread of ['fork', 'by id', 'thread']) {
    expect((await graph.invoke(new Command({ resume: thread }), at(thread))).done).toEqual([`prepared: ${thread}`]);
  }
  expect(runs).toEqual(['prepare']);
});

it('takes what two what-ifs are together, a channel that adds to a list too', async () => {
  const graph = new StateGraph(State)
    .addNode('act', ({ choice }) => ({ done: [choice] }))
    .addEdge(START, 'act')
    .compile({ checkpointer: saver });
  await graph.invoke({ choice: 'first' }, at('thread'));
  const values = async (thread: string) => (await graph.getState(at(thread))).values;
  for (const [thread, update] of [['one', { done: ['found'] }] as const, ['two', { choice: 'second' }] as const]) {
    await saver.copyThread('thread', thread);
    await graph.updateState(at(thread), update);
  }
  const helios = await saver.helios;
  const [base, ours, theirs] = [await values('thread'), await values('one'), await values('two')].map((one) =>
    helios.create('record', one),
  );
  if (base === undefined || ours === undefined || theirs === undefined) throw new Error('three states');
  const { ref, conflicts } = helios.merge(base, ours, theirs);
  const { choice, done } = ref.materialize();
  await saver.forkThread('thread', undefined, 'both');
  await graph.updateState(at('both'), { choice, done: new Overwrite(done) });
  expect(await values('both')).toEqual({ choice: 'second', done: ['first', 'found'] });
  expect(conflicts).toEqual([]);
});

it('replaces a channel with what a node said before another one of its step was interrupted', async () => {
  const graph = new StateGraph(State)
    .addNode('replace', () => ({ done: new Overwrite(['instead']) }))
    .addNode('ask', () => ({ choice: String(interrupt('which?')) }))
    .addEdge(START, 'replace')
    .addEdge(START, 'ask')
    .compile({ checkpointer: saver });
  await graph.invoke({ done: ['first'] }, at('thread'));
  await saver.copyThread('thread', 'copy');
  expect(await graph.invoke(new Command({ resume: 'red' }), at('copy'))).toEqual({ choice: 'red', done: ['instead'] });
});

it('goes through a subgraph again that the other thread has gone through', async () => {
  const runs: string[] = [];
  const inner = new StateGraph(State)
    .addNode('act', ({ choice }) => {
      runs.push(choice);
      return { done: [choice] };
    })
    .addEdge(START, 'act')
    .compile();
  const graph = new StateGraph(State).addNode('inner', inner).addEdge(START, 'inner').compile({ checkpointer: saver });
  await graph.invoke({ choice: 'first' }, at('thread'));
  await saver.forkThread('thread', await before(graph.getStateHistory(at('thread')), 'inner'), 'fork');
  await graph.updateState(at('fork'), { choice: 'second' }, START);
  expect((await graph.invoke(null, at('fork'))).done).toEqual(['second']);
  expect(runs).toEqual(['first', 'second']);
});

it('adds to a delta channel what it has done itself, and nothing that the other thread did', async () => {
  const graph = new StateGraph(
    Annotation.Root({
      choice: Annotation<string>(),
      done: () =>
        new DeltaChannel<string[], string[]>((all, more) => [...all, ...more.flat()], {
          initialValueFactory: () => [],
        }),
    }),
  )
    .addNode('first', () => ({ done: ['first'] }))
    .addNode('act', ({ choice }) => ({ done: [choice] }))
    .addNode('last', () => ({ done: ['last'] }))
    .addEdge(START, 'first')
    .addEdge('first', 'act')
    .addEdge('act', 'last')
    .compile({ checkpointer: saver });
  await graph.invoke({ choice: 'one' }, at('thread'));
  await saver.forkThread('thread', await before(graph.getStateHistory(at('thread')), 'act'), 'fork');
  await graph.updateState(at('fork'), { choice: 'other' });
  expect((await graph.invoke(null, at('fork'))).done).toEqual(['first', 'other', 'last']);
  const states = [];
  for await (const { values } of graph.getStateHistory(at('fork'))) states.push(values.done ?? []);
  expect(states.slice(0, 4)).toEqual([['first', 'other', 'last'], ['first', 'other'], ['first'], ['first']]);
  expect((await graph.getState(at('thread'))).values.done).toEqual(['first', 'one', 'last']);
});
