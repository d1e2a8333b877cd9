/**
 * A plain, small copy of anything, for a person to look at: bounded in depth, width and size, so that looking on never
 * costs what is looked at. Results are shown without their values: those belong to whoever asked for them, and leave no
 * process by this way. What can't be shown plainly is named.
 */
import { HeliosError } from '../protocol/errors.js';

/** Characters of one outline, about; what comes after them is left out. */
export const OUTLINE_LENGTH_MAX = 4_096;
/** Levels of records and lists inside one another. */
export const OUTLINE_DEPTH_MAX = 6;
/** Entries of one record or list. */
export const OUTLINE_WIDTH_MAX = 32;
/** Characters of one text. */
export const OUTLINE_TEXT_MAX = 256;

/** What stands for something that was left out. */
export const LEFT_OUT = '…';
/** What stands for a value that is nobody's to see here. */
export const NOT_SHOWN = '(not shown)';

/** What is told of a result: everything but what was asked for. */
const RESULT_FIELDS = ['root', 'version', 'mode', 'source', 'worker', 'attempt', 'timings'];

interface Room {
  left: number;
}

/** A copy of it as JSON has it, of at most about `length` characters. */
export function outline(value: unknown, length = OUTLINE_LENGTH_MAX): unknown {
  return draw(value, 0, { left: length });
}

function draw(value: unknown, depth: number, room: Room): unknown {
  switch (typeof value) {
    case 'string':
      return text(value, room);
    case 'number':
      room.left -= 8;
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      room.left -= 5;
      return value;
    case 'bigint':
      return text(`${value}n`, room);
    case 'object':
      return value === null ? null : drawObject(value, depth, room);
    default:
      return undefined; // functions, symbols: nothing to look at
  }
}

function drawObject(value: object, depth: number, room: Room): unknown {
  if (value instanceof Error) return drawError(value, room);
  if (value instanceof Date) return text(Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString(), room);
  if (ArrayBuffer.isView(value)) return text(`${value.constructor.name} of ${value.byteLength} bytes`, room);
  if (depth >= OUTLINE_DEPTH_MAX) return LEFT_OUT;
  if (Array.isArray(value)) return drawList(value, depth, room);
  if (value instanceof Map || value instanceof Set) return text(`${value.constructor.name} of ${value.size}`, room);
  return drawRecord(value, Object.keys(value), depth, room);
}

function drawError(error: Error, room: Room): unknown {
  const { code, message, retryable } = HeliosError.from(error);
  return { code, message: text(message, room), retryable };
}

function drawList(list: readonly unknown[], depth: number, room: Room): unknown[] {
  const drawn: unknown[] = [];
  for (const item of list) {
    if (drawn.length >= OUTLINE_WIDTH_MAX || room.left <= 0) {
      drawn.push(`${LEFT_OUT} ${list.length - drawn.length} more`);
      break;
    }
    drawn.push(draw(item, depth + 1, room) ?? null);
  }
  return drawn;
}

function drawRecord(value: object, keys: readonly string[], depth: number, room: Room): Record<string, unknown> {
  // Without a prototype: keys of a record are data, `__proto__` too.
  const drawn: Record<string, unknown> = Object.create(null);
  let count = 0;
  for (const key of keys) {
    if (count >= OUTLINE_WIDTH_MAX || room.left <= 0) {
      drawn[LEFT_OUT] = `${keys.length - count} more`;
      break;
    }
    count++;
    room.left -= key.length + 4;
    const member: unknown = Reflect.get(value, key);
    const shown = key === 'result' ? drawResult(member, depth + 1, room) : draw(member, depth + 1, room);
    if (shown !== undefined) drawn[key] = shown;
  }
  return drawn;
}

function drawResult(result: unknown, depth: number, room: Room): unknown {
  if (result === null || result === undefined) return result;
  if (typeof result !== 'object') return NOT_SHOWN;
  const known = RESULT_FIELDS.filter((field) => Object.hasOwn(result, field));
  return { value: NOT_SHOWN, ...drawRecord(result, known, depth, room) };
}

function text(value: string, room: Room): string {
  const length = Math.max(0, Math.min(value.length, OUTLINE_TEXT_MAX, room.left));
  room.left -= length + 2;
  return length < value.length ? `${value.slice(0, length)}${LEFT_OUT}` : value;
}
