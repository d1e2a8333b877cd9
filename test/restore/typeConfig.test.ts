import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { defineType } from '../../src/restore/type.js';
import { defineConfig } from '../../src/restore/typeConfig.js';

const Agent = defineType({ name: 'agent', schema: z.object({ hp: z.number() }) });

function defineAnything(config: unknown): unknown {
  return Reflect.apply(defineConfig, undefined, [config]);
}

describe('a configuration', () => {
  it('is handed back as it is, with its types', () => {
    const config = { types: [Agent], store: './.helios', colour: 'green' };
    expect(defineConfig(config)).toBe(config);
    expectTypeOf(defineConfig(config).colour).toEqualTypeOf<string>();
  });

  it('may be empty', () => {
    expect(defineConfig({})).toEqual({});
  });

  it.each([
    [undefined, 'takes an object'],
    [null, 'takes an object'],
    [[Agent], 'takes an object'],
    [{ types: Agent }, 'are an array'],
    [{ types: [Agent, { name: 'dog' }] }, 'types[1] of the configuration is no type. Make it with defineType.'],
  ])('is refused when it is %o', (config, message) => {
    expect(() => defineAnything(config)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringContaining(message) }),
    );
  });
});
