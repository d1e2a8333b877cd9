/** Graphs of LangGraph as people write them, over a directory: what MemorySaver makes of the same, and more. */
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { Annotation, Command, END, interrupt, MessagesAnnotation, Send, START, StateGraph } from '@langchain/langgraph';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { MemorySaver } from '@langchain/langgraph-checkpoint';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HeliosSaver } from '../../../src/adapters/langgraph/index.js';
import { startChild } from '../../children.js';
import { freshDirectory, removeDirectory } from '../../store/directories.js';

let directory: string;
let saver: HeliosSaver;

beforeEach(() => {
  directory = freshDirectory();
  saver = new HeliosSaver({ store: directory });
});
afterEach(async () => {
  await saver.end();
  removeDirectory(directory);
});

const config = { configurable: { thread_id: 'thread' } };

/** An agent with tools whose model is a script: three tool calls at once, then an answer. */
function agentGraph(checkpointer: BaseCheckpointSaver) {
  const call = (n: number) => ({ name: 'count', args: { n }, id: `call-${n}`, type: 'tool_call' as const });
  const agent = ({ messages }: { messages: BaseMessage[] }) => {
    const last = messages.at(-1);
    if (last instanceof HumanMessage) {
      return {
        messages: [
          new AIMessage({ content: '', id: `ai-${messages.length}`, tool_calls: [call(1), call(2), call(3)] }),
        ],
      };
    }
    return { messages: [new AIMessage({ content: `answer after ${messages.length}`, id: `ai-${messages.length}` })] };
  };
  const tools = ({ messages }: { messages: BaseMessage[] }) => {
    const calls = (messages.at(-1) as AIMessage).tool_calls ?? [];
    const results = calls.map(({ id = '', args }) => {
      return new ToolMessage({ content: `counted ${args.n}`, tool_call_id: id, id: `tool-${id}-${messages.length}` });
    });
    return { messages: results };
  };
  return new StateGraph(MessagesAnnotation)
    .addNode('agent', agent)
    .addNode('tools', tools)
    .addEdge(START, 'agent')
    .addConditionalEdges('agent', ({ messages }) => ((messages.at(-1) as AIMessage).tool_calls?.length ? 'tools' : END))
    .addEdge('tools', 'agent')
    .compile({ checkpointer });
}

const contents = (messages: BaseMessage[]) => messages.map((one) => [one._getType(), one.content]);

async function historyOf(graph: ReturnType<typeof agentGraph>) {
  const states: unknown[] = [];
  for await (const { values, next, metadata } of graph.getStateHistory(config)) {
    states.push([contents(values.messages ?? []), next, metadata?.source, metadata?.step]);
  }
  return states;
}

describe('a graph over Helios', () => {
  it.each(['sync', 'async', 'exit'] as const)(
    'runs an agent with parallel tools as MemorySaver does, durability %s',
    async (durability) => {
      const [ours, memory] = [agentGraph(saver), agentGraph(new MemorySaver())];
      for (const graph of [ours, memory]) {
        for (const text of ['one', 'two']) {
          await graph.invoke({ messages: [new HumanMessage({ content: text, id: text })] }, { ...config, durability });
        }
      }
      expect(contents((await ours.getState(config)).values.messages)).toEqual(
        contents((await memory.getState(config)).values.messages),
      );
      expect(await historyOf(ours)).toEqual(await historyOf(memory));
    },
  );

  it('goes on from an older checkpoint, as a fork, and leaves the first branch as it was', async () => {
    const graph = agentGraph(saver);
    await graph.invoke({ messages: [new HumanMessage({ content: 'one', id: 'one' })] }, config);
    const before = await historyOf(graph);
    const states = [];
    for await (const state of graph.getStateHistory(config)) states.push(state);
    const older = states.find(({ next }) => next[0] === 'tools');
    const forked = await graph.updateState(older?.config ?? {}, {
      messages: [new HumanMessage({ content: 'instead', id: 'x' })],
    });
    await graph.invoke(null, forked);
    const after = await historyOf(graph);
    expect(after.slice(-before.length)).toEqual(before);
    expect(after.length).toBeGreaterThan(before.length);
  });

  it('fans out with Send, and into subgraphs that have checkpoints of their own', async () => {
    const State = Annotation.Root({
      topics: Annotation<string[]>({ reducer: (_, next) => next, default: () => [] }),
      found: Annotation<string[]>({ reducer: (all, more) => [...all, ...more].sort(), default: () => [] }),
    });
    const inner = new StateGraph(State)
      .addNode('look', ({ topics }) => ({ found: topics.map((topic) => `found ${topic}`) }))
      .addEdge(START, 'look')
      .addEdge('look', END)
      .compile();
    const build = (checkpointer: BaseCheckpointSaver) =>
      new StateGraph(State)
        .addNode('plan', () => ({ topics: ['owl', 'fox', 'salt'] }))
        .addNode('inner', inner)
        .addEdge(START, 'plan')
        .addConditionalEdges('plan', ({ topics }) =>
          topics.map((topic) => new Send('inner', { topics: [topic], found: [] })),
        )
        .addEdge('inner', END)
        .compile({ checkpointer });
    const [ours, memory] = [build(saver), build(new MemorySaver())];
    const [one, two] = [await ours.invoke({}, config), await memory.invoke({}, config)];
    expect(one).toEqual(two);
    expect(one.found).toEqual(['found fox', 'found owl', 'found salt']);
  });

  it('is interrupted by several tasks, and resumes in another process', async () => {
    const State = Annotation.Root({
      said: Annotation<string[]>({ reducer: (all, more) => [...all, ...more].sort(), default: () => [] }),
    });
    const ask = (who: string) => () => ({ said: [`${who}: ${interrupt(`${who}?`)}`] });
    const build = (checkpointer: BaseCheckpointSaver) =>
      new StateGraph(State)
        .addNode('ann', ask('ann'))
        .addNode('bob', ask('bob'))
        .addEdge(START, 'ann')
        .addEdge(START, 'bob')
        .compile({ checkpointer });
    await build(saver).invoke({}, config);
    await saver.end();
    saver = new HeliosSaver({ store: directory });
    const graph = build(saver);
    const { tasks } = await graph.getState(config);
    const questions = tasks.flatMap(({ interrupts }) => interrupts);
    expect(questions.map(({ value }) => value).sort()).toEqual(['ann?', 'bob?']);
    const resume = Object.fromEntries(questions.map(({ id, value }) => [id ?? '', `yes to ${value}`]));
    const state = await graph.invoke(new Command({ resume }), config);
    expect(state.said).toEqual(['ann: yes to ann?', 'bob: yes to bob?']);
  });

  it('that was killed goes on from its last checkpoint in a new process', async () => {
    await saver.end();
    const program = new URL('./children/walker.mjs', import.meta.url);
    let last = 0;
    for (let kill = 0; kill < 3; kill++) {
      const child = startChild(program, [directory]);
      const first = (await child.next()) as number;
      expect(first).toBeGreaterThanOrEqual(last);
      for (last = first; last < first + 4; ) last = (await child.next()) as number;
      child.kill('SIGKILL');
      await child.ended;
    }
    saver = new HeliosSaver({ store: directory });
    const tuple = await saver.getTuple(config);
    // What was said to be done was stored before.
    expect(tuple?.checkpoint.channel_values.steps).toBeGreaterThanOrEqual(last);
    expect(tuple?.checkpoint.channel_values.log).toHaveLength(Number(tuple?.checkpoint.channel_values.steps));
  });
});
