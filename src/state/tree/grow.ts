/** Grows the nodes above a row of leaves, level by level, until one of them holds all. */
import type { Encoding } from '../encoding.js';
import { KIND_NODE } from '../format.js';
import type { Part } from '../part.js';
import { type End, HashedKey, isOfMembers, isOfRecord, markOfEnd, sizeOfEnd } from './ends.js';
import { Stretches } from './stretch.js';

/** Blocks that stand beside each other on one level, in order. */
export interface Row {
  readonly parts: Part[];
  readonly ends: End[];
}

/**
 * The top of the tree above a row; one block alone is the top itself.
 * @param from the level of the nodes above the row: 1 above leaves
 */
export function grow(encoding: Encoding, of: number, type: number, below: Row, from = 1): Part {
  let row = below;
  for (let level = from; row.parts.length > 1; level++) row = nodesAbove(encoding, of, type, level, row);
  const top = row.parts[0];
  if (top === undefined) throw new Error('a tree has at least one leaf');
  return top;
}

function nodesAbove(encoding: Encoding, of: number, type: number, level: number, below: Row): Row {
  const above: Row = { parts: [], ends: [] };
  const stretches = new Stretches(encoding.limits, level, true);
  const count = below.parts.length;
  let from = 0;
  for (let index = 0; index < count; index++) {
    const end = below.ends[index];
    if (!stretches.take(sizeOfEnd(of, end), markOfEnd(of, end)) && index < count - 1) continue;
    above.parts.push(writeNode(encoding, of, type, level, below, from, index + 1));
    above.ends.push(end);
    from = index + 1;
  }
  return above;
}

/** Writes the node of a stretch of a row. */
export function writeNode(
  encoding: Encoding,
  of: number,
  type: number,
  level: number,
  row: Row,
  from: number,
  to: number,
): Part {
  encoding.begin();
  const { writer } = encoding;
  writer.node(of, type, level);
  let count = 0;
  let height = 0;
  for (let index = from; index < to; index++) {
    const part = row.parts[index] as Part;
    writer.nodeChild(part);
    count += part.count;
    if (part.height > height) height = part.height;
    writeEnd(encoding, of, row.ends[index]);
  }
  return encoding.finish(KIND_NODE, count, height);
}

function writeEnd({ writer }: Encoding, of: number, end: End): void {
  if (isOfRecord(of)) writer.endKey(end as string);
  else if (!isOfMembers(of)) writer.endMark(end as number);
  else if (end instanceof HashedKey) writer.endHash(Buffer.from(end.hash, 'hex'));
  else writer.scalar(end);
}
