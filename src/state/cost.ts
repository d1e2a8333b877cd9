/** The cost of single values (docs/format.md, "Which values are blocks"): about the bytes that they take. */
import { COST_BLOCK, COST_BYTES, COST_CONSTANT, COST_NUMBER, COST_STRING } from './format.js';

export function bigintCost(value: bigint): number {
  return COST_BYTES + (value.toString(16).length >> 1);
}

/** The cost of a Map's key or a Set's member as a node tells it: what is no scalar counts as a block. */
export function keyCost(key: unknown): number {
  switch (typeof key) {
    case 'string':
      return COST_STRING + key.length;
    case 'number':
      return COST_NUMBER;
    case 'bigint':
      return bigintCost(key);
    case 'boolean':
      return COST_CONSTANT;
    default:
      return key === null ? COST_CONSTANT : COST_BLOCK;
  }
}
