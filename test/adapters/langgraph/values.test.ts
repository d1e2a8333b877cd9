/** Whatever a channel holds comes back as it was: kinds, classes, order of keys. */
import { deepStrictEqual } from 'node:assert/strict';
import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  ChatMessage,
  HumanMessage,
  RemoveMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { PromptTemplate } from '@langchain/core/prompts';
import { DeltaSnapshot, emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { HeliosSaver } from '../../../src/adapters/langgraph/index.js';
import { values } from '../../state/values.js';

const saver = new HeliosSaver({ store: 'memory' });
afterAll(() => saver.end());

let clock = 0;

async function through(value: unknown): Promise<unknown> {
  const id = uuid6(++clock);
  const checkpoint = { ...emptyCheckpoint(), id, channel_values: { value }, channel_versions: { value: 1 } };
  const config = { configurable: { thread_id: `values-${clock}` } };
  await saver.put(config, checkpoint, { source: 'loop', step: 0, parents: {} }, { value: 1 });
  return (await saver.getTuple(config))?.checkpoint.channel_values.value;
}

async function same(value: unknown): Promise<void> {
  const back = await through(value);
  deepStrictEqual(back, value);
  expect(JSON.stringify(back, bigints)).toBe(JSON.stringify(value, bigints));
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

const error = new TypeError('bad', { cause: new RangeError('why') });
class OwnError extends Error {
  code = 7;
}

describe('a value of a channel comes back as it was:', () => {
  it.each<[string, unknown]>([
    ['keys in an order of their own', { z: 1, a: { y: 1, b: 2 }, 10: 3, 9: 4 }],
    ['undefined', { a: undefined, list: [undefined, null] }],
    ['numbers', [Number.NaN, -0, 0, Number.POSITIVE_INFINITY, 2 ** 60, 0.1]],
    ['bigints and dates', { big: 2n ** 80n, at: new Date(5) }],
    [
      'Maps in an order of their own',
      new Map<unknown, unknown>([
        ['b', 1],
        ['a', { z: 1, y: 2 }],
        [{ k: 1 }, undefined],
      ]),
    ],
    ['Sets in an order of their own', new Set([3, 1, 2, 'x', { a: 1 }])],
    [
      'bytes',
      {
        a: new Uint8Array([1, 2]),
        f: new Float64Array([-0, 1.5]),
        b: Buffer.from('buffer'),
        v: new DataView(new ArrayBuffer(3)),
      },
    ],
    ['expressions and addresses', [/a(b)/giu, new URL('https://example.org/?q=1')]],
    [
      'what looks like an object of LangChain',
      { lc: 1, type: 'constructor', id: ['langchain_core', 'messages', 'AIMessage'], kwargs: { content: 'x' } },
    ],
    ['what looks like a mark', { $helios: 'undefined', deep: [{ $helios: 'lc', id: 'x' }, { $helios: 1 }] }],
    ['records without a prototype', Object.assign(Object.create(null), { z: 1, a: 2 })],
    ['what has the key __proto__', JSON.parse('{"__proto__": {"a": 1}, "b": 2}')],
    ['a snapshot of a delta channel', new DeltaSnapshot([1, { b: 1, a: 2 }])],
    ['texts', ['', '\ud83e', '🦊', 'x'.repeat(5_000)]],
  ])('%s', async (_, value) => same(value));

  it('a date that is none', async () => {
    const back = (await through({ never: new Date(Number.NaN) })) as { never: Date };
    expect([back.never instanceof Date, back.never.getTime()]).toEqual([true, Number.NaN]);
  });

  it('errors, with message, stack, cause and what else they have', async () => {
    const back = (await through({ error, own: new OwnError('mine') })) as { error: TypeError; own: OwnError };
    expect(back.error).toBeInstanceOf(TypeError);
    expect([back.error.message, back.error.stack, (back.error.cause as Error).message]).toEqual([
      'bad',
      error.stack,
      'why',
    ]);
    expect(back.error.cause).toBeInstanceOf(RangeError);
    expect([back.own.name, back.own.message, back.own.code, String(back.own)]).toEqual([
      'OwnError',
      'mine',
      7,
      'OwnError: mine',
    ]);
  });

  it.each<[string, () => BaseMessage]>([
    ['HumanMessage', () => new HumanMessage('hello')],
    [
      'HumanMessage of parts',
      () =>
        new HumanMessage({
          content: [
            { type: 'text', text: 'a' },
            { type: 'image_url', image_url: 'b' },
          ],
          name: 'ann',
        }),
    ],
    [
      'AIMessage',
      () =>
        new AIMessage({
          content: 'x',
          id: '1',
          tool_calls: [{ name: 't', args: { z: 1, a: 2 }, id: 'c', type: 'tool_call' }],
          usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } as never,
        }),
    ],
    [
      'AIMessageChunk',
      () =>
        new AIMessageChunk({
          content: 'x',
          tool_call_chunks: [{ name: 't', args: '{"a":', index: 0, id: 'c', type: 'tool_call_chunk' }],
        }),
    ],
    [
      'ToolMessage',
      () =>
        new ToolMessage({
          content: 'result',
          tool_call_id: 'c',
          name: 't',
          artifact: { big: [1, 2] },
          status: 'error',
        }),
    ],
    ['SystemMessage', () => new SystemMessage({ content: 'be nice', response_metadata: { b: 1, a: 2 } })],
    ['ChatMessage', () => new ChatMessage({ content: 'x', role: 'owl' })],
    ['RemoveMessage', () => new RemoveMessage({ id: 'gone' })],
  ])('%s, of its class and exactly', async (name, make) => {
    const message = make();
    const [back] = (await through([message])) as [BaseMessage];
    expect(back.constructor).toBe(message.constructor);
    expect(back._getType()).toBe(message._getType());
    deepStrictEqual({ ...back }, { ...message }, name);
    expect(JSON.stringify(back)).toBe(JSON.stringify(message));
    expect(JSON.stringify({ ...back })).toBe(JSON.stringify({ ...message }));
  });

  it('messages that have got more than they were made of', async () => {
    const message = new AIMessage('x');
    Object.assign(message, { id: 'later', extra: { z: 1, a: [new Date(1)] } });
    message.content = 'another';
    const [back] = (await through([message])) as [AIMessage];
    deepStrictEqual({ ...back }, { ...message });
  });

  it('other objects of LangChain', async () => {
    const prompt = PromptTemplate.fromTemplate('Say {what} to {whom}');
    const back = (await through({ prompt })) as { prompt: PromptTemplate };
    expect(back.prompt).toBeInstanceOf(PromptTemplate);
    expect(await back.prompt.format({ what: 'hello', whom: 'the fox' })).toBe('Say hello to the fox');
    const other = new HeliosSaver(await saver.helios);
    const tuple = await other.getTuple({ configurable: { thread_id: `values-${clock}` } });
    expect(Object(tuple?.checkpoint.channel_values.value).prompt).toBeInstanceOf(PromptTemplate);
  });

  it('other objects of LangChain that were stored in another thread before, in writes, and by many calls at once', async () => {
    const prompt = PromptTemplate.fromTemplate('Say {what}');
    await through({ prompt });
    const ids = await Promise.all(
      Array.from({ length: 6 }, async (_, n) => {
        const id = uuid6(++clock);
        const channel_values: Record<string, unknown> = { value: n % 2 === 0 ? { prompt, n } : { n } };
        const config = { configurable: { thread_id: `many-${n}`, checkpoint_id: undefined } };
        const versions = { value: 1 };
        const checkpoint = { ...emptyCheckpoint(), id, channel_values, channel_versions: versions };
        const put = await saver.put(config, checkpoint, { source: 'loop', step: 0, parents: {} }, versions);
        await saver.putWrites(put, [['value', { prompt }]], 'task');
        return put;
      }),
    );
    // A saver that has met none of these.
    const other = new HeliosSaver(await saver.helios);
    for (const [n, config] of ids.entries()) {
      const tuple = await other.getTuple(config);
      const { prompt: back } = Object(tuple?.checkpoint.channel_values.value);
      if (n % 2 === 0) expect(back).toBeInstanceOf(PromptTemplate);
      expect(Object(tuple?.pendingWrites?.[0]?.[2]).prompt).toBeInstanceOf(PromptTemplate);
    }
  });

  it('random values of every kind', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => deepStrictEqual(await through({ value }), { value })),
      { numRuns: 300 },
    );
  }, 60_000);
});
