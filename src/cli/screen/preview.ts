/**
 * One line that shows what a value is, in about so many characters: never more work than what it shows, however large
 * the value.
 */
import { printable } from './printable.js';

/** Characters that are kept free for `… 12 more`. */
const MORE_LENGTH = 12;
/** Levels of nesting that are shown. */
const SHOWN_DEPTH = 3;

/** For example `{hp: 10, memory: ["saw a fox", … 3 more]}`, with escapes for what a terminal must not see. */
export function preview(value: unknown, lengthMax: number): string {
  const text = describe(value, { left: lengthMax }, 0);
  return printable(text.length > lengthMax ? `${text.slice(0, Math.max(0, lengthMax - 1))}…` : text);
}

/** How many characters may still be shown; shared by all parts of one value. */
interface Room {
  left: number;
}

function describe(value: unknown, room: Room, depth: number): string {
  if (typeof value === 'string') return spent(room, textOf(value, room));
  if (typeof value === 'bigint') return spent(room, `${value}n`);
  if (typeof value !== 'object' || value === null) return spent(room, Object.is(value, -0) ? '-0' : String(value));
  if (value instanceof Date) return spent(room, value.toISOString());
  if (ArrayBuffer.isView(value)) return spent(room, `<${value.byteLength} bytes>`);
  if (Array.isArray(value)) return listOf(value, value.length, '[', ']', room, depth);
  if (value instanceof Set) return listOf(value, value.size, 'Set{', '}', room, depth);
  if (value instanceof Map) return entriesOf(value, value.size, 'Map{', ' => ', room, depth);
  if ('root' in value && 'type' in value && 'materialize' in value) return spent(room, linkOf(value.root, value.type));
  const keys = Object.keys(value);
  return entriesOf(fieldsOf(value, keys), keys.length, '{', ': ', room, depth);
}

function* fieldsOf(value: object, keys: readonly string[]): Iterable<[string, unknown]> {
  for (const key of keys) yield [key, Reflect.get(value, key)];
}

function listOf(
  items: Iterable<unknown>,
  size: number,
  open: string,
  close: string,
  room: Room,
  depth: number,
): string {
  return within(items, size, open, close, room, depth, (item) => describe(item, room, depth + 1));
}

function entriesOf(
  entries: Iterable<[unknown, unknown]>,
  size: number,
  open: string,
  between: string,
  room: Room,
  depth: number,
): string {
  return within(entries, size, open, '}', room, depth, ([key, value]) => {
    const isBare = between === ': ' && typeof key === 'string' && /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key);
    return `${isBare ? spent(room, key) : describe(key, room, depth + 1)}${between}${describe(value, room, depth + 1)}`;
  });
}

function within<T>(
  items: Iterable<T>,
  size: number,
  open: string,
  close: string,
  room: Room,
  depth: number,
  show: (item: T) => string,
): string {
  if (size === 0) return spent(room, open + close);
  if (depth >= SHOWN_DEPTH) return spent(room, `${open}… ${size}${close}`);
  const shown: string[] = [];
  spent(room, open + close);
  for (const item of items) {
    if (room.left <= MORE_LENGTH) break;
    shown.push(show(item));
    spent(room, ', ');
  }
  const more = size - shown.length;
  return `${open}${[...shown, ...(more > 0 ? [`… ${more} more`] : [])].join(', ')}${close}`;
}

function textOf(text: string, room: Room): string {
  const fits = Math.max(8, room.left);
  return JSON.stringify(text.length > fits ? `${text.slice(0, fits)}…` : text);
}

function linkOf(root: unknown, type: unknown): string {
  return `→ ${String(type)} ${String(root).slice(0, 12)}`;
}

function spent(room: Room, text: string): string {
  room.left -= text.length;
  return text;
}
