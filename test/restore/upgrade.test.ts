import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineType } from '../../src/restore/type.js';
import { upgrade } from '../../src/restore/upgrade.js';

const first = Object.freeze({ name: 'Ada Lovelace' });

/** Version 1 had a name, 2 a list of names, 3 the same, 4 has hit points as well. */
const Person = defineType({
  name: 'person',
  version: 4,
  schema: z.object({ names: z.array(z.string()), hp: z.number() }),
  upgrade: {
    3: (old) => ({ ...z.looseObject({}).parse(old), hp: 10 }),
    1: (old) => ({ names: z.object({ name: z.string() }).parse(old).name.split(' ') }),
  },
});

function personWith(step: (old: unknown) => unknown) {
  return defineType({ name: 'person', version: 3, schema: z.object({ hp: z.number() }), upgrade: { 1: step } });
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('a value of an older version', () => {
  it('takes every step from its own version on', () => {
    expect(upgrade(Person, 1, first)).toEqual({ names: ['Ada', 'Lovelace'], hp: 10 });
    expect(first).toEqual({ name: 'Ada Lovelace' });
  });

  it('takes no step from before its version', () => {
    expect(upgrade(Person, 2, { names: ['Ada'] })).toEqual({ names: ['Ada'], hp: 10 });
    expect(upgrade(Person, 3, { names: ['Ada'] })).toEqual({ names: ['Ada'], hp: 10 });
  });

  it('goes to the schema as it is where no step is defined', () => {
    const type = defineType({ name: 'person', version: 2, schema: z.object({ hp: z.number().default(1) }) });
    expect(upgrade(type, 1, {})).toEqual({ hp: 1 });
    expect(thrownBy(() => upgrade(type, 1, []))).toMatchObject({
      code: 'INVALID_VALUE',
      details: { operation: 'upgrade' },
    });
  });

  it('is refused where the steps do not lead to what the schema takes', () => {
    expect(
      thrownBy(() =>
        upgrade(
          personWith(() => ({ hp: 'many' })),
          1,
          {},
        ),
      ),
    ).toMatchObject({
      code: 'INVALID_VALUE',
      message: expect.stringContaining('refuses the upgraded value, at hp: '),
      details: { type: 'person', path: ['hp'] },
    });
  });
});

describe('a value of the same version', () => {
  it('is left alone, unchecked', () => {
    expect(upgrade(Person, 4, first)).toBe(first);
  });
});

describe('a value of a newer version', () => {
  it('is refused with both versions', () => {
    expect(thrownBy(() => upgrade(Person, 5, first))).toMatchObject({
      code: 'INVALID_VALUE',
      message: expect.stringMatching(/stored by version 5 of type "person", but only version 4 is known/),
      details: { type: 'person', stored: 5, version: 4 },
    });
  });
});

describe('a step that fails', () => {
  it('is named, with its cause', () => {
    const cause = new Error('no way');
    const type = personWith(() => {
      throw cause;
    });
    expect(thrownBy(() => upgrade(type, 1, {}))).toMatchObject({
      code: 'INVALID_VALUE',
      message: expect.stringMatching(/^The upgrade of type "person" from version 1 threw: no way/),
      details: { type: 'person', stored: 1, version: 3, step: 1 },
      cause,
    });
  });

  it('may throw anything', () => {
    const type = personWith(() => {
      throw 'text';
    });
    expect(thrownBy(() => upgrade(type, 1, {}))).toMatchObject({ cause: 'text' });
  });

  it('is told that it must not write to what it is given', () => {
    const type = personWith((old) => Object.assign(old ?? {}, { hp: 1 }));
    expect(thrownBy(() => upgrade(type, 1, Object.freeze({})))).toMatchObject({
      message: expect.stringContaining('is frozen: it must answer a new value'),
      cause: expect.any(TypeError),
    });
  });

  it('must return something', () => {
    expect(
      thrownBy(() =>
        upgrade(
          personWith(() => {}),
          1,
          {},
        ),
      ),
    ).toMatchObject({
      code: 'INVALID_VALUE',
      message: expect.stringContaining('answered nothing'),
    });
  });

  it('must answer synchronously, and its late failure troubles nobody', async () => {
    expect(
      thrownBy(() =>
        upgrade(
          personWith(() => Promise.reject(new Error('late'))),
          1,
          {},
        ),
      ),
    ).toMatchObject({
      code: 'INVALID_VALUE',
      message: expect.stringContaining('answer synchronously'),
    });
    // An unhandled rejection would fail the run.
    await new Promise((resolve) => setImmediate(resolve));
  });
});
