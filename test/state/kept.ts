/** Holds what blocks keep as their values against what reading them gives: content, order of keys, nothing left open. */
import { expect } from 'vitest';
import type { Decoder } from '../../src/state/decode.js';
import { freshBlocks, Part } from '../../src/state/part.js';
import { TreeNode } from '../../src/state/tree/node.js';

/** How many of the blocks that a part brought keep their values, each held against its block. */
export function checkKept(part: Part, decoder: Decoder): number {
  let kept = 0;
  for (const [hash, fresh] of freshBlocks(part)) {
    const { value, block, children, components } = fresh;
    if (value === undefined) continue;
    kept++;
    const open = decoder.open(hash, block, { block, children, components, value: undefined });
    expect(told(value)).toEqual(told(open.value()));
    expect(open.hasBytes).toBe(false);
  }
  return kept;
}

function told(value: unknown): unknown {
  if (value instanceof Part) return ['part', value.hash, value.bytes, value.count, value.height];
  if (value instanceof TreeNode) {
    const { of, type, level, children, ends, count, height } = value;
    return ['node', of, type, level, children.map(told), ends, count, height];
  }
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : value;
  if (!Object.isFrozen(value)) return 'something that can be changed';
  if (Array.isArray(value)) return ['list', ...value.map(told)];
  if (value instanceof Map) return ['map', Object.hasOwn(value, 'set'), ...[...value].flat().map(told)];
  if (value instanceof Set) return ['set', Object.hasOwn(value, 'add'), ...[...value].map(told)];
  if (value instanceof Date) return ['date', Object.hasOwn(value, 'setTime'), value.getTime()];
  const entries = Object.keys(value).map((key) => [key, told(Reflect.get(value, key))]);
  return ['record', Object.getPrototypeOf(value) === null, ...entries];
}
