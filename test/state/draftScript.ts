/**
 * Random edit scripts: each step does the same to a draft and to plain data, through nothing but the language, and
 * notes what it saw. Whatever differs between the two is a fault of drafts.
 */
import { draftBehind } from '../../src/state/draftSlot.js';
import { textOf } from '../../src/state/draftText.js';
import { frozenMap } from '../../src/state/frozen.js';
import type { Value } from '../../src/state/value.js';
import { clone } from './values.js';

export interface Step {
  readonly choices: readonly number[];
  readonly value: Value;
}

type Loose = Record<string | number, unknown>;
type Choose = () => number;

/** Does the steps to `top`, and gives what they saw. */
export function runScript(top: unknown, steps: readonly Step[]): unknown[] {
  const seen: unknown[] = [];
  for (const { choices, value } of steps) {
    let at = 0;
    const choose = () => choices[at++ % choices.length] ?? 0;
    try {
      const node = walk(top, choose);
      if (choose() % 5 === 0)
        bring(node, isNode(node) && draftBehind(node as object) ? frozen(clone(value)) : clone(value));
      else step(node, walk(top, choose), clone(value), choose, seen);
    } catch (error) {
      // String() of a record without a prototype, in sort and join: the same on both sides.
      if (!(error instanceof TypeError)) throw error;

      seen.push('TypeError');
    }
  }
  return seen;
}

function walk(top: unknown, choose: Choose): unknown {
  let node = top;
  for (let depth = choose() % 5; depth > 0; depth--) {
    const children = childrenOf(node).filter(isNode);
    if (children.length === 0) return node;
    node = children[choose() % children.length];
  }
  return node;
}

function isNode(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function childrenOf(node: unknown): unknown[] {
  if (Array.isArray(node)) return [...node];
  if (node instanceof Map) return [...node.keys(), ...node.values()];
  if (node instanceof Set) return [...node];
  if (node instanceof Date || ArrayBuffer.isView(node) || typeof node !== 'object' || node === null) return [];
  return Object.values(node);
}

function put(record: Loose, key: string, value: unknown): void {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}

/** Assigns, to one place of a draft, something frozen that stays changeable there; to plain data, the same unfrozen. */
function bring(node: unknown, value: unknown): void {
  if (Array.isArray(node)) node[node.length] = value;
  else if (node instanceof Map) node.set('brought', value);
  else if (!(node instanceof Set || node instanceof Date || ArrayBuffer.isView(node))) put(node as Loose, 'b', value);
}

function step(node: unknown, other: unknown, value: unknown, choose: Choose, seen: unknown[]): void {
  const given = [value, other, { held: other }, [other, value], 1, 'text', undefined][choose() % 6];
  if (Array.isArray(node)) listStep(node, given, choose, seen);
  else if (node instanceof Map) mapStep(node, given, choose, seen);
  else if (node instanceof Set) setStep(node, given, choose, seen);
  else if (node instanceof Date) node.setTime(choose() * 1_000);
  else if (ArrayBuffer.isView(node)) bytesStep(node, choose, seen);
  else recordStep(node as Loose, given, choose, seen);
}

function bytesStep(view: ArrayBufferView, choose: Choose, seen: unknown[]): void {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const at = choose() % (bytes.length + 1);
  switch (choose() % 5) {
    case 0:
      bytes.fill(choose() % 4, at);
      break;
    case 1:
      bytes.subarray(0, at).reverse();
      break;
    case 2:
      bytes.copyWithin(at, 0, 3);
      break;
    case 3:
      seen.push([...bytes], view.constructor.name);
      break;
    default:
      bytes[at] = choose() % 4;
  }
}

/** Puts text into a text where there is one; to a draft in place, to plain data by assigning. */
function spliceText(holder: Loose, key: string | number, choose: Choose, seen: unknown[]): void {
  const text = Object.hasOwn(holder, key) ? holder[key] : undefined;
  if (typeof text !== 'string') return;
  const at = choose() % (text.length + 1);
  const [removed, added] = [choose() % 3, 'fox '.repeat(choose() % 3)];
  if (draftBehind(holder) === undefined) {
    put(holder, String(key), text.slice(0, at) + added + text.slice(at + removed));
    seen.push(text.slice(at, at + 5));
  } else {
    const draft = textOf(holder, key);
    seen.push(draft.slice(at, at + 5));
    draft.splice(at, removed, added);
  }
}

function recordStep(record: Loose, given: unknown, choose: Choose, seen: unknown[]): void {
  const keys = [...Object.keys(record), 'added'];
  const key = keys[choose() % keys.length] ?? 'added';
  const next = keys[choose() % keys.length] ?? 'added';
  switch (choose() % 11) {
    case 0:
      Reflect.deleteProperty(record, key);
      break;
    case 9:
      spliceText(record, key, choose, seen);
      break;
    case 10: {
      const keyOfText = keys.find((each) => typeof record[each] === 'string');
      if (keyOfText !== undefined) spliceText(record, keyOfText, choose, seen);
      break;
    }
    case 1: {
      if (key === '__proto__' || next === '__proto__') break;
      [record[key], record[next]] = [record[next], record[key]];
      break;
    }
    case 2:
      Object.assign(record, { ...record, added: given });
      break;
    case 3:
      put(record, key, undefined);
      break;
    case 4:
      seen.push(Object.keys(record), key in record, Object.hasOwn(record, next), Object.entries(record).length);
      break;
    case 5: {
      const kept = Object.hasOwn(record, next) ? record[next] : null;
      Reflect.deleteProperty(record, next);
      put(record, key, kept);
      break;
    }
    case 6:
      put(record, key, Object.hasOwn(record, key) ? record[key] : 0);
      break;
    default:
      put(record, key, given);
  }
}

function listStep(list: unknown[], given: unknown, choose: Choose, seen: unknown[]): void {
  const index = choose() % (list.length + 1);
  const end = choose() % (list.length + 2);
  switch (choose() % 31) {
    case 0:
      seen.push(list.push(given, given));
      break;
    case 1:
      seen.push(typeof list.pop());
      break;
    case 2:
      seen.push(typeof list.shift(), list.length);
      break;
    case 3:
      seen.push(list.unshift(given, 7));
      break;
    case 4:
      seen.push(list.splice(index, 1, given).length);
      break;
    case 5:
      list.push(...list.splice(index, 2));
      break;
    case 6:
      list.unshift(list.splice(index, 3));
      break;
    case 7:
      list.reverse();
      break;
    case 8:
      list.sort();
      break;
    case 9:
      list.sort((a, b) => kindNumber(a) - kindNumber(b));
      break;
    case 10:
      list.copyWithin(index, 0, 2);
      break;
    case 11:
      list.fill(given, index, end);
      break;
    case 12:
      list.length = Math.min(index, list.length);
      break;
    case 13:
      if (list.length > 1) [list[0], list[list.length - 1]] = [list[list.length - 1], list[0]];
      break;
    case 14:
      list.splice(0, list.length, ...list.filter((item, at) => at % 2 === 0 || isNode(item)));
      break;
    case 15:
      seen.push(list.indexOf(list[index]), list.lastIndexOf(list[index]), list.includes(list[index]));
      break;
    case 16:
      seen.push(list.indexOf(given), list.lastIndexOf(given, end), list.includes(given, -end), list.indexOf(1, -index));
      break;
    case 17:
      seen.push(list.map(kindNumber), list.findIndex(isNode), [...list].length, list.slice(index, -1).length);
      break;
    case 18:
      if (index < list.length) list[index] = list.concat(list.slice(0, 1)).length;
      break;
    case 19:
      list.push(list.slice(index, end));
      break;
    case 20:
      if (index < list.length) list[index] = list.at(-1);
      break;
    case 21:
      list.push(
        list.toReversed(),
        list.toSorted((a, b) => kindNumber(a) - kindNumber(b)),
      );
      break;
    case 22:
      if (index < list.length) list.push(list.with(index, given));
      break;
    case 23:
      list.push(list.toSpliced(index, 2, given), list.flat(choose() % 3));
      break;
    case 24:
      seen.push(list.findLast(isNode) === list[list.findLastIndex(isNode)], list.some(isNode), list.every(isNode));
      seen.push(list.filter(isNode).length, list.flatMap((item) => [item, 1]).length);
      break;
    case 25:
      spliceText(list as unknown as Loose, index, choose, seen);
      break;
    case 26:
      list.copyWithin(-index, end);
      break;
    case 27:
      for (const [at, item] of list.entries()) if (at < 3 && isNode(item)) list.push(at);
      break;
    case 28:
      list.fill(given, -end, -index);
      break;
    case 29:
      seen.push(list.splice(-index).map(kindNumber));
      break;
    case 30:
      seen.push(
        list.reduce((sum: number, item) => sum + kindNumber(item), 0),
        list.reduceRight((_, item) => item, 0) === list[0],
      );
      list.forEach((_, at, self) => {
        if (at === 0) self.push('more');
      });
      break;
    default:
      list[index] = given;
  }
}

function mapStep(map: Map<unknown, unknown>, given: unknown, choose: Choose, seen: unknown[]): void {
  const key = [...map.keys()][choose() % (map.size + 1)];
  switch (choose() % 9) {
    case 0:
      seen.push(map.delete(key), map.size);
      break;
    case 1:
      map.set(given, key === undefined ? null : map.get(key));
      break;
    case 2: {
      let left = 5;
      for (const [each, value] of map) {
        if (kindNumber(value) % 2 === 0) map.delete(each);
        if (left-- > 0) map.set(map.size * 100, each);
      }
      break;
    }
    case 3:
      seen.push(map.has(key), map.has(given), typeof map.get(key), [...map.values()].map(kindNumber));
      break;
    case 4:
      if (choose() % 3 === 0) map.clear();
      break;
    case 5:
      map.forEach((value, each, self) => {
        seen.push(kindNumber(value), kindNumber(each), self === map);
      });
      break;
    default:
      map.set(key ?? 'new', given);
  }
}

function setStep(set: Set<unknown>, given: unknown, choose: Choose, seen: unknown[]): void {
  const member = [...set][choose() % (set.size + 1)];
  switch (choose() % 6) {
    case 0:
      seen.push(set.delete(member), set.size);
      break;
    case 1:
      seen.push(set.has(member), set.has(given), [...set.keys()].map(kindNumber), [...set.entries()].length);
      break;
    case 2:
      if (choose() % 3 === 0) set.clear();
      break;
    case 3:
      for (const each of set) if (kindNumber(each) % 2 === 0) set.delete(each);
      set.forEach((each, again) => {
        seen.push(each === again);
      });
      break;
    default:
      if (given !== undefined) set.add(given);
  }
}

function kindNumber(value: unknown): number {
  if (Array.isArray(value)) return 10 + value.length;
  if (value instanceof Map || value instanceof Set) return 100 + value.size;
  return ['number', 'string', 'object', 'bigint', 'boolean', 'undefined'].indexOf(typeof value);
}

/** Freezes in place as results of Helios are frozen, mutators of Maps included. Keys and Sets stay as they are. */
function frozen(value: Value): Value {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Set) return value;
  for (const item of value instanceof Map ? value.values() : Object.values(value)) frozen(item as Value);
  if (value instanceof Map) frozenMap(value);
  else Object.freeze(value);
  return value;
}
