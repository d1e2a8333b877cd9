import { describe, expect, it, vi } from 'vitest';

// Whole large values are compared, place by place.
vi.setConfig({ testTimeout: 15_000 });

import { viewOf } from '../../src/restore/view.js';
import type { Part } from '../../src/state/part.js';
import { createForest } from '../state/forest.js';

function viewed<T>(value: T): { view: T; loads: () => number } {
  const forest = createForest();
  const part = forest.plant(value);
  let loads = 0;
  const load = (one: Part): unknown => {
    loads++;
    return forest.shallow(one);
  };
  return { view: viewOf(part, load) as T, loads: () => loads };
}

const list = Array.from({ length: 5_000 }, (_, id) => ({ id, name: `user ${id}` }));
const record = Object.fromEntries(list.map((user) => [`k${user.id}`, user])) as Record<string, unknown>;
record['7'] = 'seven';

describe('the view of a large list', () => {
  it('reads like the list', () => {
    const { view } = viewed(list);
    expect(Array.isArray(view)).toBe(true);
    expect(view).toEqual(list);
    expect(view.length).toBe(5_000);
    expect([...view.slice(5, 7)]).toEqual(list.slice(5, 7));
    expect(view.at(-1)).toEqual(list.at(-1));
    expect(view.findIndex(({ id }) => id === 3_456)).toBe(3_456);
    expect(JSON.stringify(view)).toBe(JSON.stringify(list));
    expect(Object.keys(view)).toHaveLength(5_000);
    expect(view[5_000]).toBeUndefined();
    expect(5_000 in view).toBe(false);
  });

  it('loads the blocks on the way to what is touched', () => {
    const { view, loads } = viewed(list);
    expect(view[2_500]).toEqual(list[2_500]);
    expect(loads()).toBeLessThan(6);
    expect(Object.keys(view)).toHaveLength(5_000);
    expect(loads()).toBeLessThan(6);
  });

  it('refuses every change', () => {
    const { view } = viewed(list);
    expect(() => view.push({ id: 0, name: '' })).toThrow(TypeError);
    expect(() => {
      view[3] = { id: 0, name: '' };
    }).toThrow(TypeError);
    expect(() => view.sort()).toThrow(TypeError);
    expect(() => Object.assign(view[3] ?? {}, { id: 9 })).toThrow(TypeError);
  });
});

describe('the view of a large record', () => {
  it('reads like the record', () => {
    const { view } = viewed(record);
    expect(Object.keys(view)[0]).toBe('7');
    expect(new Set(Object.keys(view))).toEqual(new Set(Object.keys(record)));
    expect(view).toEqual(record);
    expect({ ...view }).toEqual(record);
    expect(view.k77).toEqual(record.k77);
    expect('k77' in view && !('none' in view) && 'toString' in view).toBe(true);
    expect(Object.hasOwn(view, 'k77') && !Object.hasOwn(view, 'toString')).toBe(true);
    expect(view.none).toBeUndefined();
  });

  it('loads the blocks on the way to what is touched, and refuses every change', () => {
    const { view, loads } = viewed(record);
    expect(view.k2500).toEqual(record.k2500);
    expect(loads()).toBeLessThan(6);
    expect(() => {
      view.k1 = 2;
    }).toThrow(TypeError);
    expect(() => delete view.k1).toThrow(TypeError);
  });
});
