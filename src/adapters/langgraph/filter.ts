/** Which items a search of the long-term store is about: by equal fields, or by LangGraph's operators. */
import { isDeepStrictEqual } from 'node:util';
import { HeliosError } from '../../protocol/errors.js';

type Test = (found: unknown, wanted: unknown) => boolean;

const OPERATORS: Readonly<Record<string, Test>> = {
  $eq: isDeepStrictEqual,
  $ne: (found, wanted) => !isDeepStrictEqual(found, wanted),
  $gt: (found, wanted) => compared(found, wanted) > 0,
  $gte: (found, wanted) => compared(found, wanted) >= 0,
  $lt: (found, wanted) => compared(found, wanted) < 0,
  $lte: (found, wanted) => compared(found, wanted) <= 0,
  $in: (found, wanted) => isIn(found, wanted),
  $nin: (found, wanted) => !isIn(found, wanted),
};

export type Filter = Readonly<Record<string, unknown>>;

/** @throws HeliosError `INVALID_REQUEST` for an operator that there is not */
export function checkFilter(filter: Filter): void {
  for (const [field, wanted] of Object.entries(filter)) {
    for (const operator of operatorsOf(wanted) ?? []) {
      if (Object.hasOwn(OPERATORS, operator)) continue;
      const text = `A filter knows ${Object.keys(OPERATORS).join(', ')}, but got ${operator} for "${field}".`;
      throw new HeliosError('INVALID_REQUEST', text, { details: { field, operator } });
    }
  }
}

export function passes(value: Readonly<Record<string, unknown>>, filter: Filter): boolean {
  return Object.entries(filter).every(([field, wanted]) => {
    const found = Object.hasOwn(value, field) ? value[field] : undefined;
    const operators = operatorsOf(wanted);
    if (operators === undefined) return isDeepStrictEqual(found, wanted);
    return operators.every((operator) => OPERATORS[operator]?.(found, Reflect.get(Object(wanted), operator)));
  });
}

/** `undefined` where it is a value to be equal to. */
function operatorsOf(wanted: unknown): readonly string[] | undefined {
  if (typeof wanted !== 'object' || wanted === null) return undefined;
  const keys = Object.keys(wanted);
  return keys.length > 0 && keys.every((key) => key.startsWith('$')) ? keys : undefined;
}

/** As numbers where both are, else as texts; NaN, which is on no side of anything, where they are neither. */
function compared(found: unknown, wanted: unknown): number {
  if (typeof found === 'string' && typeof wanted === 'string') {
    const [a, b] = [Number(found), Number(wanted)];
    if (Number.isNaN(a) || Number.isNaN(b)) return found < wanted ? -1 : found > wanted ? 1 : 0;
    return a - b;
  }
  if (found === null || found === undefined || (typeof found === 'object') !== (typeof wanted === 'object')) {
    return Number.NaN;
  }
  const [a, b] = [Number(found), Number(wanted)];
  return a < b ? -1 : a > b ? 1 : a - b;
}

function isIn(found: unknown, wanted: unknown): boolean {
  return Array.isArray(wanted) && wanted.some((one) => isDeepStrictEqual(found, one));
}
