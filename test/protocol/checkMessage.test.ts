import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import { checkMessage } from '../../src/protocol/checkMessage.js';
import { compileCheck, REFUSED } from '../../src/protocol/compileCheck.js';
import { message } from '../../src/protocol/messages/field.js';
import { allSamples } from './messageSamples.js';
import { nearlyRight } from './nearlyRight.js';

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
    const of = fc
      .constantFrom(...allSamples)
      .chain(({ schema, sample }) => nearlyRight(sample).map((input) => ({ schema, input })));
    fc.assert(
      fc.property(of, ({ schema, input }) => {
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
