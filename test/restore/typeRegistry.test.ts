import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { BUILT_IN_TYPES } from '../../src/restore/builtIn.js';
import { type AnyObjectType, defineType } from '../../src/restore/type.js';
import { TypeRegistry } from '../../src/restore/typeRegistry.js';

function typeNamed(name: string): AnyObjectType {
  return defineType({ name, schema: z.object({ hp: z.number() }) });
}

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

const BUILT_IN_NAMES = ['record', 'map', 'list', 'set', 'text', 'blob', 'tensor', 'log'];

describe('the types of a Helios', () => {
  it('are the built-in ones without further ado', () => {
    const registry = new TypeRegistry();
    expect(registry.names()).toEqual(BUILT_IN_NAMES);
    for (const type of BUILT_IN_TYPES) expect(registry.require(type.name)).toBe(type);
  });

  it('are found by name, the constant itself', () => {
    const agent = typeNamed('agent');
    const registry = new TypeRegistry([agent]);
    expect(registry.get('agent')).toBe(agent);
    expect(registry.require('agent')).toBe(agent);
    expect(registry.get('dog')).toBeUndefined();
  });

  it('may be registered again, as the same constant', () => {
    const agent = typeNamed('agent');
    const registry = new TypeRegistry([agent, agent]);
    registry.register(agent);
    expect(registry.names()).toEqual([...BUILT_IN_NAMES, 'agent']);
  });

  it('have one constant a name', () => {
    const agent = typeNamed('agent');
    const registry = new TypeRegistry([agent]);
    expect(thrownBy(() => registry.register(typeNamed('agent')))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('Two different types are called "agent"'),
      details: { type: 'agent' },
    });
    expect(registry.require('agent')).toBe(agent);
  });

  it('do not replace a built-in type', () => {
    const impostor = { ...typeNamed('agent'), name: 'record' };
    expect(thrownBy(() => new TypeRegistry([impostor]))).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('are made by defineType', () => {
    const registry = new TypeRegistry();
    expect(thrownBy(() => Reflect.apply(registry.register, registry, [{ name: 'agent' }]))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('defineType'),
    });
  });
});

describe('an unknown type', () => {
  it('is refused with the nearest name and those that are known', () => {
    const registry = new TypeRegistry([typeNamed('agent'), typeNamed('dog')]);
    expect(thrownBy(() => registry.require('agnet'))).toMatchObject({
      code: 'UNKNOWN_TYPE',
      message: expect.stringMatching(
        /^No type "agnet" is known here\. Did you mean "agent"\? Known are .*agent, dog\./,
      ),
      details: { type: 'agnet', known: [...BUILT_IN_NAMES, 'agent', 'dog'] },
    });
  });

  it('is refused without a guess where no name is near', () => {
    expect(thrownBy(() => new TypeRegistry().require('zeppelin'))).toMatchObject({
      code: 'UNKNOWN_TYPE',
      message: expect.not.stringContaining('Did you mean'),
    });
  });

  it('makes a short message however many types there are', () => {
    const registry = new TypeRegistry(Array.from({ length: 500 }, (_, index) => typeNamed(`type-${index}`)));
    const error = thrownBy(() => registry.require('zeppelin'));
    expect(error).toMatchObject({ message: expect.stringContaining('type-499, and 496 more') });
    expect(error).toMatchObject({ details: { known: expect.objectContaining({ length: 100 }) } });
  });
});
