/**
 * Code that writes the records of one key list, made once it is worth it (generate.ts). The engine knows where their
 * fields are then, and keeps the writer's place in registers from one field to the next; numbers and short texts are
 * written on the spot, everything else is handed back. What it writes is what loops over the keys would.
 */

import type { BlockWriter } from './blockWriter.js';
import { COST_NUMBER, COST_STRING, TAG_INTEGER_SMALL, TAG_STRING_SMALL } from './format.js';
import type { SmallValue } from './smallValue.js';
import { NUMBER_BYTES, writeNumber } from './writeNumber.js';

/** Writes a record's values in the order of its keys; false when it gave up, as it does for what is no plain record. */
export type Emit = (small: SmallValue, writer: BlockWriter, record: Readonly<Record<string, unknown>>) => boolean;

export function emitOf(keys: readonly string[]): Emit {
  const [first, ...others] = keys.map((key) => `record[${JSON.stringify(key)}]`);
  // A field is read first: that tells the engine how the record is made, and with that its prototype, which is a call
  // otherwise.
  const code = `
    let value = ${first};
    if (Object.getPrototypeOf(record) !== Object.prototype) return false;
    const room = ${keys.length * NUMBER_BYTES};
    writer.reserve(room);
    let { body, view, at, text } = writer, cost = 0;
    const shortUnits = small.shortUnits;
    ${[FIELD, ...others.map((field) => `value = ${field};${FIELD}`)].join('')}
    writer.at = at;
    writer.text = text;
    small.cost += cost;
    return true;`;
  const make = new Function('writeNumber', `return (small, writer, record) => {${code}}`);
  return make(writeNumber) as Emit;
}

/** One value. What is handed back may move the writer to a larger buffer. */
const FIELD = `
  if (typeof value === 'number') {
    if ((value | 0) === value && value > 0 && value < 128) body[at++] = ${TAG_INTEGER_SMALL} | value;
    else at = writeNumber(body, view, at, value);
    cost += ${COST_NUMBER};
  } else if (typeof value === 'string' && value.length < shortUnits) {
    const { length } = value;
    body[at++] = ${TAG_STRING_SMALL} | length;
    text += value;
    cost += length + ${COST_STRING};
  } else {
    writer.at = at;
    writer.text = text;
    if (!small.value(value)) return false;
    writer.reserve(room);
    ({ body, view, at, text } = writer);
  }`;
