/** Programs of many kinds, as people write them: each does the same over HeliosSaver as over LangGraph's own MemorySaver. */
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  RemoveMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { FakeStreamingChatModel } from '@langchain/core/utils/testing';
import {
  Annotation,
  addMessages,
  Command,
  END,
  entrypoint,
  getPreviousState,
  interrupt,
  MessagesAnnotation,
  MessagesZodMeta,
  Send,
  START,
  StateGraph,
  task,
} from '@langchain/langgraph';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { withLangGraph } from '@langchain/langgraph/zod';
import { type BaseCheckpointSaver, MemorySaver } from '@langchain/langgraph-checkpoint';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { HeliosSaver } from '../../../src/adapters/langgraph/index.js';

const config = { configurable: { thread_id: 'one' } };

/** What a program says of itself, once over each saver. */
type Program = (checkpointer: BaseCheckpointSaver) => Promise<unknown>;

/** Without what differs from run to run: ids that are made, and times. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (key, item) =>
    [
      'id',
      'checkpoint_id',
      'created_at',
      'createdAt',
      'ts',
      'task_id',
      'checkpoint_ns',
      'langgraph_checkpoint_ns',
    ].includes(key) &&
    typeof item === 'string' &&
    /[0-9a-f]{8}-|[0-9a-f]{32}/.test(item)
      ? '…'
      : item,
  );
  return JSON.parse(text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, '…').replaceAll(/[0-9a-f]{32}/g, '…'));
}

interface Stated {
  getStateHistory(
    config: object,
  ): AsyncIterable<{ values: unknown; next: unknown; tasks: readonly object[]; metadata?: unknown }>;
}
async function history(graph: Stated) {
  const states: unknown[] = [];
  for await (const { values, next, tasks, metadata } of graph.getStateHistory(config)) {
    states.push({ values, next, metadata, tasks: tasks.map((one) => ({ ...one, id: '', state: undefined })) });
  }
  return states;
}

const programs: Record<string, Program> = {
  'a prebuilt agent with tools': async (checkpointer) => {
    const weather = tool(({ city }: { city: string }) => `sunny in ${city}`, {
      ...{ name: 'weather', description: 'the weather', schema: z.object({ city: z.string() }) },
    });
    const call = { name: 'weather', args: { city: 'Ulm' }, id: 'call1', type: 'tool_call' as const };
    const llm = new FakeStreamingChatModel({
      responses: [
        new AIMessage({ content: '', id: 'a1', tool_calls: [call] }),
        new AIMessage({ content: 'It is sunny.', id: 'a2' }),
      ],
    });
    Object.assign(llm, { bindTools: () => llm });
    let turn = 0;
    Object.assign(llm, {
      _generate: async () => {
        const message = llm.responses?.[turn++ % 2] as AIMessage;
        return { generations: [{ text: '', message }] };
      },
    });
    const agent = createReactAgent({ llm, tools: [weather], checkpointer });
    const first = await agent.invoke(
      { messages: [new HumanMessage({ content: 'How is it in Ulm?', id: 'h1' })] },
      config,
    );
    const second = await agent.invoke({ messages: [new HumanMessage({ content: 'And now?', id: 'h2' })] }, config);
    return [first, second, await history(agent as unknown as Stated)];
  },

  'messages that are removed and replaced': async (checkpointer) => {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('trim', ({ messages }) => ({
        messages:
          messages.length > 3 ? messages.slice(0, -2).map(({ id }) => new RemoveMessage({ id: String(id) })) : [],
      }))
      .addNode('say', ({ messages }) => ({
        messages: [
          new AIMessage({
            content: `of ${messages.length}`,
            id: messages.length === 2 ? 'same' : `a${messages.length}`,
          }),
        ],
      }))
      .addEdge(START, 'trim')
      .addEdge('trim', 'say')
      .addEdge('say', END)
      .compile({ checkpointer });
    for (const id of ['h1', 'h2', 'h3'])
      await graph.invoke({ messages: [new HumanMessage({ content: id, id })] }, config);
    await graph.updateState(config, { messages: [new AIMessage({ content: 'put right', id: 'same' })] });
    return [(await graph.getState(config)).values, await history(graph)];
  },

  'a state described by zod, with defaults': async (checkpointer) => {
    const State = z.object({
      messages: withLangGraph(z.custom<BaseMessage[]>(), MessagesZodMeta),
      count: z.number().default(0),
      when: z.date().optional(),
      tags: withLangGraph(z.array(z.string()), {
        reducer: { fn: (all: string[], more: string[]) => [...all, ...more] },
        default: () => [] as string[],
      }),
    });
    const graph = new StateGraph(State)
      .addNode('step', ({ count, tags }) => ({
        ...{ messages: [new SystemMessage({ content: `step ${count}`, id: `s${count}` })], count: count + 1 },
        ...{ tags: [`tag ${tags.length}`], when: new Date(86_400_000) },
      }))
      .addEdge(START, 'step')
      .addEdge('step', END)
      .compile({ checkpointer });
    await graph.invoke({ messages: [], count: 4 }, config);
    return [await graph.invoke({ messages: [] }, config), await history(graph)];
  },

  'the functional interface, with what the last run saved': async (checkpointer) => {
    const double = task('double', async (n: number) => n * 2);
    const flow = entrypoint({ name: 'flow', checkpointer }, async (n: number) => {
      const before = getPreviousState<number>() ?? 0;
      const doubled = await Promise.all([double(n), double(n + 1)]);
      const said = interrupt({ doubled }) as number;
      return entrypoint.final({ value: { doubled, before, said }, save: before + said });
    });
    const asked = await flow.invoke(5, config);
    const answered = await flow.invoke(new Command({ resume: 7 }), config);
    const again = [await flow.invoke(6, config), await flow.invoke(new Command({ resume: 8 }), config)];
    return [asked, answered, again];
  },

  'maps by Send, with a list that is put together': async (checkpointer) => {
    const State = Annotation.Root({
      topics: Annotation<string[]>,
      jokes: Annotation<string[]>({ reducer: (all, more) => all.concat(more), default: () => [] }),
      best: Annotation<string>,
    });
    const graph = new StateGraph(State)
      .addNode('think', () => ({ topics: ['owls', 'bread', 'fog'] }))
      .addNode('joke', ({ subject }: { subject: string }) => ({ jokes: [`of ${subject}`] }))
      .addNode('choose', ({ jokes }) => ({ best: [...jokes].sort()[0] ?? '' }))
      .addEdge(START, 'think')
      .addConditionalEdges('think', ({ topics }) => topics.map((subject) => new Send('joke', { subject })), ['joke'])
      .addEdge('joke', 'choose')
      .addEdge('choose', END)
      .compile({ checkpointer });
    return [await graph.invoke({}, config), await history(graph)];
  },

  'asks in a loop, goes back, and is told something else': async (checkpointer) => {
    const State = Annotation.Root({
      answers: Annotation<unknown[]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
    });
    const graph = new StateGraph(State)
      .addNode('ask', ({ answers }) => ({ answers: [interrupt({ question: answers.length })] }))
      .addConditionalEdges('ask', ({ answers }) => (answers.length < 3 ? 'ask' : END), ['ask', END])
      .addEdge(START, 'ask')
      .compile({ checkpointer });
    const said = [await graph.invoke({}, config)];
    for (const answer of ['yes', { deep: [1, undefined, 2] }, 0])
      said.push(await graph.invoke(new Command({ resume: answer }), config));
    const states: { config: object; next: readonly string[] }[] = [];
    for await (const state of graph.getStateHistory(config)) states.push(state);
    const back = states.filter(({ next }) => next.includes('ask')).at(0);
    const other = await graph.invoke(new Command({ resume: 'no' }), back?.config);
    return [said, other, await history(graph)];
  },

  'commands that go to nodes of the parent, and errors on the way': async (checkpointer) => {
    const State = Annotation.Root({ ...MessagesAnnotation.spec, at: Annotation<string> });
    let failures = 0;
    const child = new StateGraph(State)
      .addNode('inner', () => new Command({ graph: Command.PARENT, goto: 'after', update: { at: 'inner' } }))
      .addEdge(START, 'inner')
      .compile();
    const graph = new StateGraph(State)
      .addNode('child', child, { ends: ['after'] })
      .addNode('after', ({ at }) => {
        if (failures++ === 0) throw new RangeError('not yet');
        return { messages: [new ToolMessage({ content: at, tool_call_id: 'c', id: 't', artifact: { at } })] };
      })
      .addEdge(START, 'child')
      .addEdge('after', END)
      .compile({ checkpointer });
    const failed = await graph
      .invoke({ messages: [new HumanMessage({ content: 'go', id: 'h' })] }, config)
      .catch(String);
    const state = await graph.getState(config);
    return [failed, state.next, await graph.invoke(null, config), await history(graph)];
  },

  'a reducer of its own over messages, streamed in every way': async (checkpointer) => {
    const State = Annotation.Root({
      messages: Annotation<BaseMessage[], BaseMessage | BaseMessage[]>({ reducer: addMessages, default: () => [] }),
      seen: Annotation<Map<string, Set<number>>>({
        reducer: (a, b) => new Map([...a, ...b]),
        default: () => new Map(),
      }),
    });
    const graph = new StateGraph(State)
      .addNode('a', () => ({ messages: new AIMessage({ content: [{ type: 'text', text: 'part' }], id: 'a' }) }))
      .addNode('b', () => ({ seen: new Map([['b', new Set([2, 1])]]) }))
      .addEdge(START, 'a')
      .addEdge(START, 'b')
      .compile({ checkpointer });
    const chunks: unknown[] = [];
    const streamed = await graph.stream(
      { messages: new HumanMessage({ content: 'hi', id: 'h' }) },
      { ...config, streamMode: ['values', 'updates', 'checkpoints', 'tasks'], durability: 'sync' },
    );
    for await (const chunk of streamed) chunks.push(chunk);
    const { values } = await graph.getState(config);
    return [chunks.length, [...Object(values).seen].map(([key, set]) => [key, [...set]]), await history(graph)];
  },
};

describe('does over HeliosSaver what it does over MemorySaver', () => {
  test.each(Object.entries(programs))('%s', async (_name, program) => {
    const memory = new MemorySaver();
    const helios = new HeliosSaver({ store: 'memory' });
    try {
      const [expected, got] = [await program(memory), await program(helios)];
      expect(plain(got)).toEqual(plain(expected));
    } finally {
      await helios.end();
    }
  });
});
