import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { live, plain } from '../../src/restore/live.js';
import { defineType } from '../../src/restore/type.js';

const schema = z.object({ hp: z.number() });

class Fighter {
  constructor(readonly hp: number) {}
}

const Plain = defineType({ name: 'plain', schema });
const Live = defineType({
  name: 'live',
  schema,
  hydrate: ({ hp }) => new Fighter(hp),
  dehydrate: ({ hp }) => ({ hp }),
});

describe('what a program holds', () => {
  it('is the value itself where a type has no hydrate', () => {
    const value = Object.freeze({ hp: 1 });
    expect(live(Plain, value)).toBe(value);
    expect(plain(Plain, value)).toBe(value);
  });

  it('is what hydrate makes, anew each time, and dehydrate makes plain again', () => {
    const value = { hp: 1 };
    const fighter = live(Live, value);
    expect(fighter).toBeInstanceOf(Fighter);
    expect(live(Live, value)).not.toBe(fighter);
    expect(plain(Live, fighter)).toEqual({ hp: 1 });
  });

  it.each([['hydrate'], ['dehydrate']] as const)('is refused where %s throws, with the cause', (stage) => {
    const cause = new Error('out of order');
    const fails = (): never => {
      throw cause;
    };
    const type = defineType({ name: 'broken', schema, hydrate: fails, dehydrate: fails });
    const call = { hydrate: live, dehydrate: plain }[stage];
    expect(() => call(type, { hp: 1 })).toThrow(
      expect.objectContaining({
        code: 'INVALID_VALUE',
        message: `The ${stage} of type "broken" threw: out of order`,
        details: { type: 'broken', stage },
        cause,
      }),
    );
  });

  it('is refused also where hydrate throws what is no error', () => {
    const type = defineType({
      name: 'broken',
      schema,
      hydrate: (): unknown => {
        throw 'text';
      },
    });
    expect(() => live(type, { hp: 1 })).toThrow(expect.objectContaining({ cause: 'text' }));
  });
});
