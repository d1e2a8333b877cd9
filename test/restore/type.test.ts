import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { live } from '../../src/restore/live.js';
import { type AnyObjectType, defineType, isObjectType, type ObjectType } from '../../src/restore/type.js';

const schema = z.object({ hp: z.number(), memory: z.array(z.string()) });
type Agent = z.infer<typeof schema>;

class Fighter {
  constructor(readonly hp: number) {}
}

/** Definitions that the compiler would refuse, as they come from plain JavaScript. */
function defineAnything(definition: unknown): unknown {
  return Reflect.apply(defineType, undefined, [definition]);
}

function refusal(definition: unknown): unknown {
  try {
    return defineAnything(definition);
  } catch (error) {
    return error;
  }
}

function invalid(message: string | RegExp): unknown {
  return expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringMatching(message) });
}

describe('a type', () => {
  it('is a frozen constant with its name, version 1 and its schema', () => {
    const type = defineType({ name: 'agent', schema });
    expect(type).toEqual({ name: 'agent', version: 1, schema, upgrades: [] });
    expect(Object.isFrozen(type) && Object.isFrozen(type.upgrades)).toBe(true);
    expect(isObjectType(type)).toBe(true);
  });

  it('takes the schemas of zod, valibot and whoever else keeps to Standard Schema, functions too', () => {
    const callable = Object.assign(() => {}, {
      '~standard': { version: 1 as const, vendor: 'own', validate: (value: unknown) => ({ value }) },
    });
    expect(defineType({ name: 'a', schema: v.object({ hp: v.number() }) }).name).toBe('a');
    expect(defineType({ name: 'b', schema: callable }).schema).toBe(callable);
  });

  it('keeps its upgrades in order, whatever order they were written in', () => {
    const one = (old: unknown) => old;
    const three = (old: unknown) => old;
    const type = defineType({ name: 'agent', schema, version: 12, upgrade: { 10: one, 3: three } });
    expect(type.upgrades).toEqual([
      { from: 3, step: three },
      { from: 10, step: one },
    ]);
  });

  it('is not changed by what happens to its definition later', () => {
    const upgrade: Record<number, (old: unknown) => unknown> = { 1: (old) => old };
    const type = defineType({ name: 'agent', schema, version: 3, upgrade });
    upgrade[2] = () => 'other';
    expect(type.upgrades).toHaveLength(1);
  });

  it('has hydrate without dehydrate, if it likes', () => {
    const type = defineType({ name: 'agent', schema, hydrate: ({ hp }) => new Fighter(hp) });
    expect(live(type, { hp: 3, memory: [] })).toEqual(new Fighter(3));
    expect('dehydrate' in type).toBe(false);
  });

  it('takes undefined for an option that is not there', () => {
    const options = { version: undefined, upgrade: undefined, hydrate: undefined, dehydrate: undefined };
    expect(defineAnything({ name: 'agent', schema, ...options })).toEqual(defineType({ name: 'agent', schema }));
  });

  it('lets keys through that it has nothing to do with', () => {
    expect(isObjectType(defineAnything({ name: 'agent', schema, description: 'a fighter' }))).toBe(true);
  });
});

describe('a bad definition', () => {
  it.each([
    ['nothing', undefined, 'takes an object with at least a name'],
    ['null', null, 'takes an object with at least a name'],
    ['no name', { schema }, 'type name'],
    ['a bad name', { name: 'Agent', schema }, 'type name'],
    ['the name of a built-in type', { name: 'record', schema }, 'Type "record" has the name of a built-in type'],
    ['the name of a type to come', { name: 'tensor', schema }, 'Type "tensor" has the name of a built-in type'],
    ['no schema', { name: 'agent' }, 'Type "agent" needs a Standard Schema'],
    ['a JSON Schema', { name: 'agent', schema: { type: 'object' } }, 'needs a Standard Schema'],
    ['half a schema', { name: 'agent', schema: { '~standard': { version: 1 } } }, 'needs a Standard Schema'],
    ['version 0', { name: 'agent', schema, version: 0 }, 'whole number from 1 as its version, but got 0'],
    ['version 1.5', { name: 'agent', schema, version: 1.5 }, 'but got 1.5'],
    ['version "2"', { name: 'agent', schema, version: '2' }, 'but got the text "2"'],
    ['an upgrade that is a function', { name: 'agent', schema, upgrade: () => {} }, 'an object of steps by version'],
    [
      'an upgrade from its own version',
      step(2, 2),
      'from version 2, but its version is 2: a step starts from 1 or more, below',
    ],
    ['an upgrade from version 0', step(3, 0), 'from version 0, but its version is 3'],
    ['an upgrade from a word', step(3, 'old'), 'from version old'],
    ['an upgrade of a type of version 1', step(1, 1), 'from version 1, but its version is 1'],
    [
      'a step that is no function',
      { ...step(2, 1), upgrade: { 1: 'later' } },
      'a function as the upgrade from version 1',
    ],
    ['hydrate that is no function', { name: 'agent', schema, hydrate: {} }, 'a function as hydrate, but got object'],
    [
      'dehydrate that is no function',
      { name: 'agent', schema, dehydrate: 1 },
      'a function as dehydrate, but got number',
    ],
    ['dehydrate alone', { name: 'agent', schema, dehydrate: () => ({}) }, 'dehydrate without hydrate'],
    ['a misspelled key', { name: 'agent', schema, upgrades: {} }, 'has "upgrades". Did you mean "upgrade"\\?$'],
  ])('is refused: %s', (_, definition, message) => {
    expect(refusal(definition)).toEqual(invalid(message));
  });

  it('names the type it is about', () => {
    expect(refusal({ name: 'agent', schema, version: 0 })).toMatchObject({ details: { type: 'agent' } });
  });

  function step(version: number, from: number | string) {
    return { name: 'agent', schema, version, upgrade: { [from]: (old: unknown) => old } };
  }
});

describe('what is a type', () => {
  it('is told by its shape, so that another copy of the package makes types as well', () => {
    expect(isObjectType({ ...defineType({ name: 'agent', schema }) })).toBe(true);
  });

  it.each([
    [undefined],
    [null],
    ['agent'],
    [{ name: 'agent' }],
    [{ name: 'agent', version: 1 }],
    [{ name: 1, version: 1, schema, upgrades: [] }],
    [{ name: 'agent', version: '1', schema, upgrades: [] }],
    [{ name: 'agent', version: 1, schema: {}, upgrades: [] }],
    [{ name: 'agent', version: 1, schema }],
    [{ name: 'agent', version: 1, schema, upgrades: {} }],
    [schema],
  ])('is not %o', (value) => {
    expect(isObjectType(value)).toBe(false);
  });
});

describe('for the compiler, a type', () => {
  function create<S, L>(_type: ObjectType<S, L>, value: S): S {
    return value;
  }
  function held<S, L>(type: ObjectType<S, L>): L | undefined {
    return type._?.[1];
  }

  it('stores what its schema puts out, and is held deep-frozen', () => {
    const type = defineType({ name: 'agent', schema });
    expectTypeOf(type).toEqualTypeOf<ObjectType<Agent, { readonly hp: number; readonly memory: readonly string[] }>>();
    expectTypeOf(create(type, { hp: 1, memory: [] })).toEqualTypeOf<Agent>();
  });

  it('is held as what hydrate makes', () => {
    const type = defineType({
      name: 'agent',
      schema,
      hydrate: ({ hp }) => new Fighter(hp),
      dehydrate: (fighter) => ({ hp: fighter.hp, memory: [] }),
    });
    expectTypeOf(held(type)).toEqualTypeOf<Fighter | undefined>();
  });

  it('takes no value that lacks something', () => {
    const type = defineType({ name: 'agent', schema });
    // @ts-expect-error: memory is missing
    create(type, { hp: 1 });
    // @ts-expect-error: hp is no text
    create(type, { hp: '1', memory: [] });
  });

  it('is one of any kind where kinds do not matter', () => {
    const types: readonly AnyObjectType[] = [defineType({ name: 'agent', schema })];
    expect(types).toHaveLength(1);
  });
});
