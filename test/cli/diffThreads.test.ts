/** Threads of LangGraph on the command line: what differs between checkpoints, as their graph would say it. */
import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { Annotation, END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { DeltaSnapshot } from '@langchain/langgraph-checkpoint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Classes } from '../../src/adapters/langgraph/classes.js';
import { Encoder } from '../../src/adapters/langgraph/encode.js';
import { HeliosSaver } from '../../src/adapters/langgraph/index.js';
import { readable } from '../../src/adapters/langgraph/readable.js';
import { freshDirectory, removeDirectory } from '../store/directories.js';
import { helios, ndjson, output } from './terminal.js';

const CONFIG = { configurable: { thread_id: 'one' } };
let folder = '';
let ids: string[] = [];

beforeAll(async () => {
  folder = freshDirectory();
  const saver = new HeliosSaver({ store: `${folder}/.helios` });
  const State = Annotation.Root({
    ...MessagesAnnotation.spec,
    facts: Annotation<Record<string, unknown>>({ reducer: (all, more) => ({ ...all, ...more }), default: () => ({}) }),
  });
  const graph = new StateGraph(State)
    .addNode('agent', ({ messages }) => ({
      messages: [new AIMessage({ content: `answer ${messages.length}`, id: `a${messages.length}` })],
      facts: { said: messages.length, when: undefined },
    }))
    .addEdge(START, 'agent')
    .addEdge('agent', END)
    .compile({ checkpointer: saver });
  await graph.invoke({ messages: [new HumanMessage({ content: 'hello', id: 'h0' })] }, CONFIG);
  await graph.invoke({ messages: [new HumanMessage({ content: 'more', id: 'h1' })] }, CONFIG);
  for await (const { config } of graph.getStateHistory(CONFIG)) ids.push(String(config.configurable?.checkpoint_id));
  ids = ids.reverse();
  await saver.end();
});

afterAll(() => removeDirectory(folder));

const textOf = async (...argv: string[]) => (await output(folder, 'diff', ...argv)).split('\n').slice(0, -1);

describe('helios diff of threads', () => {
  it('shows messages and channels, of two checkpoints', async () => {
    const lines = await textOf(`langgraph/one@${ids[1]}`, `langgraph/one@${ids.at(-1)}`);
    expect(lines).toContain('+ channels.messages[1]  {AIMessage: {content: "answer 1", id: "a1"}}');
    expect(lines).toContain('+ channels.messages[2]  {HumanMessage: {content: "more", id: "h1"}}');
    expect(lines).toContain('~ step  0 → 4');
    expect(lines.join('\n')).not.toContain('$helios');
  });

  it('shows what the last step changed, when a thread stands alone', async () => {
    const lines = await textOf('langgraph/one');
    expect(lines).toContain('+ channels.messages[3]  {AIMessage: {content: "answer 3", id: "a3"}}');
    expect(lines).toContain('~ channels.facts.said  1 → 3');
  });

  it('gives them as JSON, too', async () => {
    const changes = await ndjson(folder, 'diff', 'langgraph/one', '--json');
    expect(changes).toContainEqual({
      ...{ kind: 'add', path: ['channels', 'messages', 3], text: 'channels.messages[3]' },
      after: { AIMessage: { content: 'answer 3', id: 'a3' } },
    });
  });

  it('shows with --raw how they are stored', async () => {
    expect((await textOf('langgraph/one', '--raw')).join('\n')).toContain(`+ checkpoints[""].${ids.at(-1)}`);
  });

  it('says when there is no such checkpoint, or no such thread', async () => {
    const none = '1f1e919d-0b96-6061-8003-e29261c83cc3';
    const ran = await helios(folder, ['diff', `langgraph/one@${none}`, 'langgraph/one']);
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining(`has no checkpoint ${none}`)]);
    const other = await helios(folder, ['diff', `langgraph/two@${none}`, 'langgraph/one']);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('UNKNOWN_OBJECT')]);
  });
});

describe('what a graph holds', () => {
  it('is shown as what it is, whatever it is stored as', () => {
    const classes = new Classes({});
    const shown = (value: unknown) => readable(new Encoder(classes).encode(value));
    const bytes = Buffer.from([1, 2]);
    expect(shown({ z: 1, a: [undefined, new Date(Number.NaN), new Date(7)] })).toStrictEqual({
      ...{ a: [undefined, new Date(Number.NaN), new Date(7)], z: 1 },
    });
    expect(shown({ $helios: 'mine', b: 1 })).toStrictEqual({ $helios: 'mine', b: 1 });
    expect(
      shown(
        new Map<unknown, unknown>([
          ['b', new Set([2, 1])],
          ['a', /x/g],
        ]),
      ),
    ).toStrictEqual(
      new Map<unknown, unknown>([
        ['b', new Set([2, 1])],
        ['a', '/x/g'],
      ]),
    );
    expect(shown(new Map([['a', new Set([1])]]))).toStrictEqual(new Map([['a', new Set([1])]]));
    expect(shown([new URL('http://a.b/c'), bytes, new RangeError('too far')])).toStrictEqual([
      ...['http://a.b/c', new Uint8Array(bytes), { RangeError: 'too far' }],
    ]);
    expect(shown(new DeltaSnapshot([1]))).toStrictEqual([1]);
    const message = new AIMessage({ content: '', tool_calls: [{ id: 'c', name: 'look', args: { at: 1 } }] });
    expect(shown(message)).toMatchObject({ AIMessage: { content: '', tool_calls: [{ name: 'look' }] } });
  });
});

describe('helios log of a thread', () => {
  it('names steps and the channels that they were about', async () => {
    const text = await output(folder, 'log', 'langgraph/one');
    expect(text).toContain('step 4 (loop): messages, facts');
    expect(text).toContain('step -1 (input)');
  });
});
