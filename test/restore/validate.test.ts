import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type AnyObjectType, defineType } from '../../src/restore/type.js';
import { validate } from '../../src/restore/validate.js';

const Agent = defineType({
  name: 'agent',
  schema: z.object({ hp: z.number(), memory: z.array(z.string()).default([]), 'key.with dots': z.number().optional() }),
});

/** A type whose schema answers whatever is given. */
function typeAnswering(answer: () => unknown): AnyObjectType {
  const schema = { '~standard': { version: 1, vendor: 'test', validate: answer } };
  return Reflect.apply(defineType, undefined, [{ name: 'odd', schema }]);
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('a value that its schema takes', () => {
  it('is what the schema puts out', () => {
    const value = { hp: 1 };
    expect(validate(Agent, value, 'create')).toEqual({ hp: 1, memory: [] });
    expect(value).toEqual({ hp: 1 });
  });

  it('is taken by schemas of other makers as well', () => {
    const type = defineType({ name: 'dog', schema: v.object({ name: v.pipe(v.string(), v.trim()) }) });
    expect(validate(type, { name: ' Rex ' }, 'create')).toEqual({ name: 'Rex' });
  });

  it('may be undefined, as far as the schema goes', () => {
    expect(
      validate(
        typeAnswering(() => ({ value: undefined })),
        1,
        'edit',
      ),
    ).toBeUndefined();
  });
});

describe('a value that its schema refuses', () => {
  it('is refused with type, path and what was expected', () => {
    expect(thrownBy(() => validate(Agent, { hp: 1, memory: ['a', 2] }, 'create'))).toMatchObject({
      code: 'INVALID_VALUE',
      message: expect.stringMatching(
        /^The schema of "agent" refuses the value to create, at memory\[1\]: .*expected string.*\.$/,
      ),
      details: {
        type: 'agent',
        operation: 'create',
        path: ['memory', 1],
        issues: [{ path: ['memory', 1], message: expect.stringContaining('expected string') }],
        count: 1,
      },
    });
  });

  it.each([
    ['edit', 'the edited value'],
    ['upgrade', 'the upgraded value'],
  ] as const)('is called by what made it: %s', (operation, called) => {
    expect(thrownBy(() => validate(Agent, 1, operation))).toMatchObject({
      message: expect.stringContaining(`refuses ${called}: `),
      details: { operation, path: [] },
    });
  });

  it('is refused at a path that can be used again', () => {
    expect(thrownBy(() => validate(Agent, { hp: 1, 'key.with dots': 'a' }, 'edit'))).toMatchObject({
      message: expect.stringContaining('at ["key.with dots"]: '),
      details: { path: ['key.with dots'] },
    });
  });

  it('is refused with the first issue, and all of them in the details', () => {
    const error = thrownBy(() => validate(Agent, { memory: [1, 2] }, 'create'));
    expect(error).toMatchObject({
      message: expect.stringMatching(/at hp: .* \(and 2 more, see details\.issues\)\.$/),
      details: { count: 3, issues: [{ path: ['hp'] }, { path: ['memory', 0] }, { path: ['memory', 1] }] },
    });
  });

  it('is refused with no more than twenty issues', () => {
    const error = thrownBy(() => validate(Agent, { hp: 1, memory: new Array(1_000).fill(0) }, 'create'));
    expect(error).toMatchObject({ details: { count: 1_000, issues: expect.objectContaining({ length: 20 }) } });
  });

  it('has a path of texts and numbers, whatever the schema made it of', () => {
    const path = ['a', { key: 1 }, { key: 'b' }, Symbol('c'), { key: 2n }];
    const issues = [{ message: 'no', path }];
    expect(
      thrownBy(() =>
        validate(
          typeAnswering(() => ({ issues })),
          1,
          'create',
        ),
      ),
    ).toMatchObject({
      message: expect.stringContaining('at a[1].b["Symbol(c)"]'),
      details: { path: ['a', 1, 'b', 'Symbol(c)', '2'] },
    });
  });

  it('is refused also where the schema does not say why', () => {
    expect(
      thrownBy(() =>
        validate(
          typeAnswering(() => ({ issues: [] })),
          1,
          'create',
        ),
      ),
    ).toMatchObject({
      code: 'INVALID_VALUE',
      message: 'The schema of "odd" refuses the value to create: it does not say why.',
      details: { path: [], count: 0 },
    });
  });
});

describe('a schema that fails itself', () => {
  it('is said to throw, with the cause', () => {
    const cause = new RangeError('too odd');
    const type = typeAnswering(() => {
      throw cause;
    });
    expect(thrownBy(() => validate(type, 1, 'edit'))).toMatchObject({
      code: 'INVALID_VALUE',
      message: 'The schema of "odd" throws on the edited value: too odd.',
      details: { type: 'odd', operation: 'edit' },
      cause,
    });
  });

  it('may throw anything', () => {
    const type = typeAnswering(() => {
      throw 'text';
    });
    expect(thrownBy(() => validate(type, 1, 'create'))).toMatchObject({
      message: expect.stringContaining(': text.'),
      cause: 'text',
    });
  });

  it('must answer synchronously', () => {
    const type = defineType({ name: 'slow', schema: z.number().refine(() => Promise.resolve(true)) });
    expect(thrownBy(() => validate(type, 1, 'create'))).toMatchObject({
      code: 'INVALID_VALUE',
      message: expect.stringContaining('Schemas must answer synchronously'),
      details: { type: 'slow', operation: 'create' },
    });
  });

  it('troubles nobody when it fails late', async () => {
    const type = typeAnswering(() => Promise.reject(new Error('late')));
    expect(thrownBy(() => validate(type, 1, 'create'))).toMatchObject({ code: 'INVALID_VALUE' });
    // An unhandled rejection would fail the run.
    await new Promise((resolve) => setImmediate(resolve));
  });

  it.each([[undefined], [null], ['fine'], [{ issues: 'none' }], [{ issues: [null] }]])(
    'must answer with a result, not with %o',
    (answer) => {
      expect(
        thrownBy(() =>
          validate(
            typeAnswering(() => answer),
            1,
            'create',
          ),
        ),
      ).toMatchObject({
        code: 'INVALID_VALUE',
        message: expect.stringContaining('neither a value nor issues'),
      });
    },
  );
});
