import { deepStrictEqual } from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { createEncoder } from '../../src/state/encode.js';
import type { Value } from '../../src/state/value.js';
import { createForest } from './forest.js';
import { NAMED_VALUES } from './namedValues.js';
import { reordered } from './values.js';

/** The same value with its keys and entries put in the other way round. */
function backwards(value: Value): Value {
  let place = 0;
  return reordered(value, () => --place);
}

describe('the root of', () => {
  it.each(Object.entries(NAMED_VALUES))('%s is what it always was', (_, { value, root }) => {
    expect(createEncoder().value(value).hash).toBe(root);
    expect(createEncoder().value(backwards(value as Value)).hash).toBe(root);
  });

  it('each of them leads back to an equal value', () => {
    const forest = createForest();
    for (const { value, root } of Object.values(NAMED_VALUES)) {
      const part = forest.plant(value);
      expect(part.hash).toBe(root);
      const back = forest.whole(part);
      expect(forest.encoder.value(back).hash).toBe(root);
      deepStrictEqual(back, backwards(value as Value));
    }
  });

  it('ten named values, one of them of many blocks, is told', () => {
    expect(Object.keys(NAMED_VALUES)).toHaveLength(10);
    const forest = createForest();
    forest.plant(NAMED_VALUES.world?.value);
    expect(forest.blocks.size).toBeGreaterThan(12);
  });
});
