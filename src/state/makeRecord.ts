/**
 * Code that reads the records of one key list, made once it is worth it (generate.ts): an object literal, which the engine
 * makes in one go, frozen at once. Small integers, doubles and short texts are read on the spot, everything else by the
 * reader. What it gives is what a loop over the keys would.
 */

import { TAG_FLOAT, TAG_INTEGER_SMALL, TAG_STRING_SMALL } from './format.js';
import type { BlockReader } from './readBlock.js';

/** The record that comes next; what follows its tag is read. */
export type MakeRecord = (reader: BlockReader) => Readonly<Record<string, unknown>>;

export function makeRecordOf(keys: readonly string[]): MakeRecord {
  const values = keys.map((_, index) => readInto(`value${index}`)).join('');
  const fields = keys.map((key, index) => `${JSON.stringify(key)}: value${index}`).join();
  // Whether it went on behind an end is seen when the whole block is read; what lies there does no harm until then.
  const code = `
    const { bytes, text, end } = reader;
    let { at, textAt } = reader, tag = 0, view = reader.viewed;${values}
    reader.at = at;
    reader.textAt = textAt;
    return freeze({ ${fields} });`;
  const make = new Function('freeze', `return (reader) => {${code}}`);
  return make(Object.freeze) as MakeRecord;
}

function readInto(name: string): string {
  return `
    let ${name};
    tag = bytes[at++];
    if (tag >= ${TAG_INTEGER_SMALL}) ${name} = tag & 0x7f;
    else if (tag >= ${TAG_STRING_SMALL}) ${name} = text.substring(textAt, textAt += tag & 0x3f);
    else if (tag === ${TAG_FLOAT} && at + 8 <= end) {
      ${name} = (view ??= reader.view()).getFloat64(at, true);
      at += 8;
    } else {
      reader.at = at - 1;
      reader.textAt = textAt;
      ${name} = reader.read();
      ({ at, textAt } = reader);
    }`;
}
