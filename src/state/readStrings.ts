/** Reads what stands before the body of a block: its key lists, and all its strings as one text, that of the keys first. */

import { STRINGS_LATIN1, STRINGS_UTF8, STRINGS_UTF16 } from './format.js';
import type { KeyList, SaidLists } from './keyLists.js';
import type { BlockReader } from './readBlock.js';

/** The reader has the key lists and the text afterwards, and its place in that is behind the keys. */
export function readStrings(reader: BlockReader): void {
  const lists = reader.varint();
  let from = 0;
  let to = 0;
  let keyUnits = 0;
  if (lists > 0) {
    const size = reader.varint();
    keyUnits = reader.varint();
    from = reader.at;
    to = from + size;
    reader.at = to;
  }
  const units = reader.varint();
  if (units > 0) reader.text = readText(reader, units);
  if (keyUnits > units) reader.lacksText();
  if (lists > 0) {
    const said = { bytes: reader.bytes, from, to, text: reader.text, units: keyUnits };
    reader.keyLists = reader.decoder.keyLists.find(said) ?? readLists(reader, lists, said);
  }
  reader.textAt = keyUnits;
}

function readText(reader: BlockReader, units: number): string {
  const { bytes } = reader;
  const encoding = reader.byte();
  const from = reader.at;
  let text: string;
  if (encoding === STRINGS_LATIN1) {
    reader.at = from + units;
    text = bytes.toString('latin1', from, reader.at);
  } else if (encoding === STRINGS_UTF8) {
    const size = reader.varint();
    const start = reader.at;
    reader.at = start + size;
    text = bytes.toString('utf8', start, reader.at);
  } else if (encoding === STRINGS_UTF16) {
    reader.at = from + units * 2;
    text = bytes.toString('utf16le', from, reader.at);
  } else return reader.corrupt(`has strings in the unknown encoding ${encoding}`);
  if (text.length !== units) reader.lacksText();
  return text;
}

function readLists(reader: BlockReader, count: number, said: SaidLists): readonly KeyList[] {
  const { from, to, text, units } = said;
  const body = reader.at;
  reader.at = from;
  let textAt = 0;
  const lists: KeyList[] = [];
  for (let list = 0; list < count; list++) {
    const length = reader.length();
    const keys: string[] = [];
    for (let index = 0; index < length; index++) {
      const end = textAt + reader.varint();
      const key = text.slice(textAt, end);
      const before = keys.at(-1);
      if (before !== undefined && before >= key) reader.corrupt('has keys that are not in order');
      keys.push(key);
      textAt = end;
    }
    lists.push({ keys, isSpecial: keys.includes('__proto__'), uses: 0, make: null });
  }
  if (reader.at !== to || textAt !== units) reader.corrupt('has key lists that do not fit their sizes');
  reader.at = body;
  reader.decoder.keyLists.keep(said, lists);
  return lists;
}
