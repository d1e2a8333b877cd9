/**
 * The commonest edit of a split record or Map: blocks came in the place of blocks. No cut moves then, for keys decide where
 * they are and all blocks cost the same: each leaf and node on the way is patched.
 */
import type { Encoding } from '../encoding.js';
import { type LoadPart, Part } from '../part.js';
import { childOfKey, nodeOf } from './cursor.js';
import { ABSENT, type TreeEdit } from './edit.js';
import type { TreeNode } from './node.js';
import { type Exchange, patchBlock } from './patchBlock.js';

/** The edited tree as a part; `undefined` where something else was changed. */
export function exchanged(
  edit: TreeEdit,
  encoding: Encoding,
  makeBlock: (value: unknown, segment: string | number) => void,
): Part | undefined {
  const { changes, base, load } = edit;
  if (changes === null) return undefined;
  const news = new Map<unknown, Part>();
  for (const [key, value] of changes) {
    if (value === ABSENT || typeof value !== 'object' || value === null) return undefined;
    makeBlock(value, typeof key === 'string' || typeof key === 'number' ? key : String(key));
    const part = value instanceof Part ? value : encoding.parts.get(value);
    if (part === undefined) return undefined;
    news.set(key, part);
  }
  return patchNode(base, news, encoding, load);
}

function patchNode(
  node: TreeNode,
  news: ReadonlyMap<unknown, Part>,
  encoding: Encoding,
  load: LoadPart,
): Part | undefined {
  const byChild = new Map<number, Map<unknown, Part>>();
  for (const [key, part] of news) {
    const index = childOfKey(node, key);
    const known = byChild.get(index);
    if (known === undefined) byChild.set(index, new Map([[key, part]]));
    else known.set(key, part);
  }
  const exchanges: Exchange[] = [];
  for (const [index, below] of byChild) {
    const from = node.children[index] as Part;
    const to =
      node.level > 1 ? patchNode(nodeOf(from, load), below, encoding, load) : patchLeaf(from, below, encoding, load);
    if (to === undefined) return undefined;
    exchanges.push({ key: index, from, to });
  }
  const { fresh, count, height } = node;
  return patchBlock(encoding, { value: node, part: null, fresh, count, height }, exchanges);
}

function patchLeaf(leaf: Part, news: ReadonlyMap<unknown, Part>, encoding: Encoding, load: LoadPart): Part | undefined {
  const value = load(leaf);
  const exchanges: Exchange[] = [];
  for (const [key, to] of news) {
    const from = value instanceof Map ? (value.get(key) as unknown) : fieldOf(value, key);
    if (!(from instanceof Part) || from.height !== to.height) return undefined;
    exchanges.push({ key, from, to });
  }
  const { fresh, count, height } = leaf;
  return patchBlock(encoding, { value, part: leaf, fresh, count, height }, exchanges);
}

function fieldOf(record: unknown, key: unknown): unknown {
  const fields = record as Readonly<Record<string, unknown>>;
  return typeof key === 'string' && Object.hasOwn(fields, key) ? fields[key] : undefined;
}
