/** Reads the body of a node: with its children as parts it is a node, with their values all of them put together. */

import { EXTENDED_HASHED, NODE_BYTES, TAG_EXTENDED } from './format.js';
import type { FreshBlock } from './part.js';
import type { BlockReader } from './readBlock.js';
import { readStrings } from './readStrings.js';
import { HashedKey, isOfMembers, isOfRecord } from './tree/ends.js';
import { join } from './tree/join.js';
import { TreeNode } from './tree/node.js';

export function readNode(reader: BlockReader, fresh: FreshBlock | null): unknown {
  const { children, components, given } = reader;
  readStrings(reader);
  const of = reader.byte();
  const type = reader.byte();
  const level = reader.byte();
  if (of > NODE_BYTES || level === 0 || components === 0 || children.length > components) {
    reader.corrupt('is a node of no kind that there is');
  }
  const ends: unknown[] = [];
  for (let index = 0; index < components; index++) ends.push(readEnd(reader, of));
  reader.checkEnd();
  if (given === children) return new TreeNode(of, type, level, children, ends, fresh);
  const joined = join(of, type, given);
  return joined === undefined ? reader.corrupt('is a node of what does not belong together') : joined;
}

function readEnd(reader: BlockReader, of: number): unknown {
  if (isOfRecord(of)) return reader.string(reader.varint());
  if (!isOfMembers(of)) return reader.bytes.readUInt32LE(reader.skip(4));
  const { bytes, at } = reader;
  if (bytes[at] !== TAG_EXTENDED || bytes[at + 1] !== EXTENDED_HASHED) return reader.read();
  reader.skip(2);
  const from = reader.skip(32);
  return new HashedKey(bytes.toString('hex', from, from + 32));
}
