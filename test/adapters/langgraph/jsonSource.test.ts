/** What is taken over from a parent is what the stock serializer would have read, whatever the two are. */
import { deepStrictEqual } from 'node:assert/strict';
import { PromptTemplate } from '@langchain/core/prompts';
import { JsonPlusSerializer } from '@langchain/langgraph-checkpoint';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Codec } from '../../../src/adapters/langgraph/codec.js';
import { JsonSource, type Pieces } from '../../../src/adapters/langgraph/jsonSource.js';

const serde = new JsonPlusSerializer();
const codec = new Codec({}, serde);

const message = fc.constantFrom('AIMessage', 'HumanMessage').map((name) => {
  return { lc: 1, type: 'constructor', id: ['langchain_core', 'messages', name], kwargs: { content: name, id: '1' } };
});
const prompt: unknown = JSON.parse(JSON.stringify(new PromptTemplate({ template: 'x {y}', inputVariables: ['y'] })));
const leaf = fc.oneof(
  fc.constantFrom(0, 1, '', 'a', null, true, [], {}),
  fc.constantFrom({ lc: 2, type: 'undefined' }, { lc: 2, type: 'constructor', id: ['Set'], args: [[1, 'a']] }),
  fc.constantFrom({ lc: 2, type: 'constructor', id: ['Uint8Array'], method: 'from', args: [[1, 2]] }, { lc: 2 }),
  message,
  fc.constantFrom(prompt, { z: 1, a: 2 }, { a: 2, z: 1 }),
);
const channel = fc.constantFrom('b', 'a', '1', 'b', 'a', '1', 'b', 'a', '1', 'lc');
/** What becomes of a channel: it is grown, cut, changed at a place, or something else. */
const step = fc.tuple(channel, fc.constantFrom('grow', 'grow', 'cut', 'change', 'replace'), leaf, fc.nat(3));
/** Each comes from the one before by a step or two. */
const states = fc.array(fc.array(step, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 8 }).map((all) => {
  let state: Record<string, unknown> = { a: [0, 'a'] };
  return all.map((steps) => {
    for (const [name, kind, value, at] of steps) {
      const before = state[name];
      const list: unknown[] = Array.isArray(before) ? before : [];
      const changed = {
        grow: [...list, value],
        cut: list.slice(0, at),
        change: list.map((one, index) => (index === at ? value : one)),
        replace: value,
      };
      state = { ...state, [name]: changed[kind] };
    }
    return state;
  });
});
/** As text: what JSON.stringify would not write, too. */
const texts = fc.tuple(states, fc.boolean()).map(([all, isOdd]) => {
  return all.map((one) => {
    const json = JSON.stringify({ v: 4, id: 'x', channel_values: one });
    return isOdd ? json.replaceAll(/\b1\b(?=[,\]])/g, '-0').replaceAll('true', '1e999') : json;
  });
});

describe('checkpoints as JSON', () => {
  it('are read after their parents as they are by themselves', async () => {
    let carried = 0;
    let shared = 0;
    await fc.assert(
      fc.asyncProperty(texts, async (all) => {
        const source = new JsonSource(serde, codec);
        let parent: Pieces | undefined;
        for (const content of all) {
          const read = await source.checkpoint({ type: 'json', content: Buffer.from(content) }, parent);
          const { channel_values: values, ...rest } = await serde.loadsTyped('json', content);
          deepStrictEqual([...read.pieces.keys()], Object.keys(values));
          for (const [channel, piece] of read.pieces) {
            const met = new Set<string>();
            deepStrictEqual(piece.encoded, await codec.encode(values[channel], met, channel));
            expect([...piece.classes].sort()).toEqual(expect.arrayContaining([...met].sort()));
            if (piece.isCarried) {
              carried++;
              deepStrictEqual(piece.encoded, parent?.get(channel)?.encoded);
            }
            const before = parent?.get(channel)?.encoded;
            if (Array.isArray(before) && Array.isArray(piece.encoded) && before[0] === piece.encoded[0]) shared++;
          }
          deepStrictEqual(read.rest, await codec.encode(rest, new Set(), 'rest'));
          parent = read.pieces;
        }
      }),
      { numRuns: 500 },
    );
    expect(carried).toBeGreaterThan(100);
    expect(shared).toBeGreaterThan(100);
  });
});
