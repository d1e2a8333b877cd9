import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import { checkMessage } from '../../src/protocol/checkMessage.js';
import { compileCheck, REFUSED } from '../../src/protocol/compileCheck.js';
import { message } from '../../src/protocol/messages/field.js';
import { allSamples, root } from './messageSamples.js';

/** What may stand where something else should. */
const anything = fc.oneof(
  fc.constantFrom(undefined, null, '', '_', root, 'queued', 'failed', 'materialized', 'busy', 0, -0, 1, -1, 0.5, 1.5),
  fc.constantFrom(Number.NaN, Infinity, 2 ** 60, 3n, true, [], {}, new Date(5), new Date(Number.NaN), new Map()),
  fc.string({ maxLength: 3 }),
  fc.array(fc.constantFrom('a', 1, null, {}), { maxLength: 3 }),
  fc.anything({ maxDepth: 1 }),
);

/** A right message in which a few places hold something else, or nothing, or more. */
const nearlyRight = fc
  .record({
    of: fc.constantFrom(...allSamples),
    changes: fc.array(fc.record({ pick: fc.nat(), how: fc.constantFrom('put', 'drop', 'add'), with: anything }), {
      maxLength: 3,
    }),
  })
  .map(({ of, changes }) => {
    let input: unknown = structuredClone(of.sample);
    for (const { pick, how, with: value } of changes) {
      const places = placesIn(input);
      const place = places[pick % (places.length + 1)];
      if (place === undefined) input = value;
      else if (how === 'put') Reflect.set(place.holder, place.key, value);
      else if (how === 'drop') Reflect.deleteProperty(place.holder, place.key);
      else Reflect.set(place.holder, 'more', value);
    }
    return { ...of, input };
  });

function placesIn(value: unknown): { holder: object; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [{ holder: value, key }, ...placesIn(item)]);
}

describe('a compiled check', () => {
  it('takes every right message, and what it gives is what the schema gives', () => {
    for (const { schema, sample } of allSamples) {
      const before = structuredClone(sample);
      const taken = schema.accept(sample);
      expect(taken).not.toBe(REFUSED);
      expect(taken).not.toBe(sample);
      expect(taken).toEqual(v.parse(schema, sample));
      expect(sample).toEqual(before);
    }
  });

  it('takes and refuses what the schema takes and refuses, whatever comes', () => {
    let taken = 0;
    fc.assert(
      fc.property(nearlyRight, ({ schema, input }) => {
        const expected = v.safeParse(schema, input, { abortEarly: true });
        const got = schema.accept(input);
        expect(got === REFUSED).toBe(!expected.success);
        if (!expected.success) return;
        taken++;
        expect(got).toEqual(expected.output);
      }),
      { numRuns: 5_000 },
    );
    // Both ways are tried, or this test shows nothing.
    expect(taken).toBeGreaterThan(500);
    expect(taken).toBeLessThan(4_500);
  });

  it('leaves out fields that are undefined or unknown, and what it takes has no other prototype', () => {
    const accept = compileCheck(v.object({ a: v.optional(v.string()), b: v.optional(v.string(), 'x') }));
    const taken = accept(JSON.parse('{"__proto__": {"c": 1}, "constructor": 1, "more": 2}'));
    expect(taken).toStrictEqual({ b: 'x' });
    expect(accept({ a: undefined, b: undefined })).toStrictEqual({ b: 'x' });
  });

  it('wants a field that must be there, whatever it holds', () => {
    const accept = compileCheck(v.object({ value: v.unknown() }));
    expect(accept({ value: undefined })).toStrictEqual({ value: undefined });
    expect(accept({})).toBe(REFUSED);
  });

  it('quotes the names and constants of a schema', () => {
    const odd = `a'"\`\\\u2028${'$'}{1}`;
    const accept = compileCheck(
      v.object({ [odd]: v.picklist([odd, 'b']), n: v.literal(5), p: v.optional(v.literal(odd), odd) }),
    );
    expect(accept({ [odd]: odd, n: 5 })).toStrictEqual({ [odd]: odd, n: 5, p: odd });
    expect(accept({ [odd]: 'c', n: 5 })).toBe(REFUSED);
    expect(accept({ [odd]: odd, n: '5' })).toBe(REFUSED);
  });

  it('asks schemas that it does not know, pipes too', () => {
    const accept = compileCheck(v.object({ at: v.pipe(v.string(), v.maxLength(2)), list: v.array(v.number()) }));
    expect(accept({ at: 'ab', list: [1] })).toStrictEqual({ at: 'ab', list: [1] });
    expect(accept({ at: 'abc', list: [1] })).toBe(REFUSED);
    expect(accept({ at: 'ab', list: ['1'] })).toBe(REFUSED);
  });

  it('throws what a schema throws', () => {
    const broken = { ...v.object({}), type: 'picklist', options: 5 } as unknown as v.GenericSchema;
    expect(() => compileCheck(broken)({})).toThrow(TypeError);
  });
});

describe('checkMessage', () => {
  it('takes schemas without a compiled check as they are', () => {
    const schema = v.object({ n: v.number('a number') }, 'a record');
    expect(checkMessage(schema, { n: 1, more: 2 })).toEqual({ n: 1 });
    expect(() => checkMessage(schema, { n: 'x' })).toThrow(/Field 'n' of the message is wrong: expected a number/);
  });

  it('takes what the schema takes where functions can not be made of text', () => {
    vi.stubGlobal(
      'Function',
      class {
        constructor() {
          throw new EvalError('Code generation from strings disallowed for this context');
        }
      },
    );
    try {
      const schema = message(v.object({ n: v.number('a number') }, 'a record'));
      expect(checkMessage(schema, { n: 1, more: 2 })).toEqual({ n: 1 });
      expect(schema.accept({ n: 1 })).toBe(REFUSED);
      expect(() => checkMessage(schema, { n: 'x' })).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
