/**
 * Values as LangGraph's own serializer wrote them, read once: what a checkpoint has in common with its parent, text for
 * text, is what it was there, and is not made into objects again. The rest is read by that serializer itself, so that
 * what comes out is what it would have read.
 */
import { JsonPlusSerializer, type SerializerProtocol } from '@langchain/langgraph-checkpoint';
import { HeliosError } from '../../protocol/errors.js';
import type { Codec } from './codec.js';

/** The value of a channel. */
export interface Piece {
  /** As it stood there; `undefined` where that is not known, for another serializer wrote it. */
  readonly raw: unknown;
  readonly encoded: unknown;
  /** Ids of classes of objects in it. */
  readonly classes: ReadonlySet<string>;
  /** Whether it is the very one of the checkpoint before. */
  readonly isCarried: boolean;
}

export type Pieces = ReadonlyMap<string, Piece>;

export interface ReadCheckpoint {
  /** All but the channels' values, encoded. */
  readonly rest: unknown;
  readonly classes: ReadonlySet<string>;
  readonly pieces: Pieces;
  /** About how many bytes it adds to what is held for its parent. */
  readonly size: number;
}

/** What an element costs that is held already: its place in two lists. */
const ELEMENT_BYTES = 16;

interface Source {
  readonly type: string;
  readonly content: Uint8Array | string;
}

export class JsonSource {
  /** Whether values are JSON whose parts stand for themselves. Those of a subclass may not. */
  private readonly isStock: boolean;

  constructor(
    private readonly serde: SerializerProtocol,
    private readonly codec: Codec,
  ) {
    this.isStock = Object.getPrototypeOf(serde) === JsonPlusSerializer.prototype;
  }

  /** Any value, encoded. */
  async value({ type, content }: Source, met: Set<string>, ...path: readonly string[]): Promise<unknown> {
    return this.codec.encode(await this.read({ type, content }), met, ...path);
  }

  /**
   * @param parent the channels of the checkpoint that it comes from
   * @throws whatever the serializer throws; HeliosError `UNSUPPORTED_VALUE`, or `INVALID_REQUEST` for what is none
   */
  async checkpoint({ type, content }: Source, parent: Pieces | undefined): Promise<ReadCheckpoint> {
    if (!this.isStock || type !== 'json') return this.whole({ type, content });
    const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
    const raw = checked(JSON.parse(text));
    const { channel_values: values = {}, ...rest } = raw;
    // What would be read as something else as a whole, or is not the same when it is written again.
    if ('lc' in raw || !isPlain(values) || 'lc' in values || !isExact(rest)) return this.whole({ type, content });
    const pieces = new Map<string, Piece>();
    let size = 0;
    for (const [channel, one] of Object.entries(values)) {
      const before = parent?.get(channel);
      const common = commonOf(one, before);
      if (common.isAll && before !== undefined) {
        pieces.set(channel, { ...before, isCarried: true });
        continue;
      }
      if (!isExact(common.rest)) return this.whole({ type, content });
      const json = JSON.stringify(common.rest);
      const { start } = common;
      size += json.length + start.length * ELEMENT_BYTES;
      const classes = new Set(start.length === 0 ? [] : before?.classes);
      const encoded = await this.value({ type, content: json }, classes, 'channel_values', channel);
      // The parent's own elements are held in place of those that were read again, which are the same.
      const piece =
        start.length === 0
          ? { raw: one, encoded }
          : { raw: common.rawStart.concat(common.rest), encoded: start.concat(encoded) };
      pieces.set(channel, { ...piece, classes, isCarried: false });
    }
    const classes = new Set<string>();
    return {
      rest: await this.value({ type, content: JSON.stringify(rest) }, classes, 'checkpoint'),
      classes,
      pieces,
      size,
    };
  }

  private async read({ type, content }: Source): Promise<unknown> {
    const value: unknown = await this.serde.loadsTyped(type, content);
    return this.isStock ? withoutStacks(value) : value;
  }

  private async whole({ type, content }: Source): Promise<ReadCheckpoint> {
    const { channel_values: values = {}, ...rest } = checked(await this.read({ type, content }));
    const pieces = new Map<string, Piece>();
    for (const [channel, one] of Object.entries(Object(values))) {
      const classes = new Set<string>();
      const encoded = await this.codec.encode(one, classes, 'channel_values', channel);
      pieces.set(channel, { raw: undefined, encoded, classes, isCarried: false });
    }
    const classes = new Set<string>();
    return { rest: await this.codec.encode(rest, classes, 'checkpoint'), classes, pieces, size: content.length };
  }
}

/** Errors were stored without their stacks, and have got those of their reading, which are of no use and never the same. */
function withoutStacks(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (value instanceof Error) value.stack = String(value);
  const parts = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
  for (const part of parts) withoutStacks(part);
  return value;
}

function checked(value: unknown): Record<string, unknown> {
  if (isPlain(value)) return value;
  throw new HeliosError('INVALID_REQUEST', 'It is no record, as checkpoints are.');
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a value has in common with its parent's. */
interface Common {
  readonly isAll: boolean;
  /** Of a list: the elements at its start, encoded, and as they were read. */
  readonly start: readonly unknown[];
  readonly rawStart: readonly unknown[];
  readonly rest: unknown;
}

function commonOf(one: unknown, before: Piece | undefined): Common {
  if (before === undefined || before.raw === undefined) return { isAll: false, start: [], rawStart: [], rest: one };
  const { raw, encoded } = before;
  if (!Array.isArray(one) || !Array.isArray(raw) || !Array.isArray(encoded)) {
    return { isAll: isSameJson(one, raw), start: [], rawStart: [], rest: one };
  }
  let shared = 0;
  while (shared < one.length && shared < raw.length && isSameJson(one[shared], raw[shared])) shared++;
  const isAll = shared === one.length && shared === raw.length;
  return { isAll, start: encoded.slice(0, shared), rawStart: raw.slice(0, shared), rest: one.slice(shared) };
}

/** Of two values that JSON.parse made: whether they are the same, in the same order of keys. */
function isSameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isSameJson(item, b[index]));
  }
  if (Array.isArray(b)) return false;
  const keys = Object.keys(a);
  const others = Object.keys(b);
  if (keys.length !== others.length) return false;
  return keys.every((key, at) => key === others[at] && isSameJson(Reflect.get(a, key), Reflect.get(b, key)));
}

/** Whether JSON.stringify writes it as it was read: −0 and what is beyond all numbers it does not. */
function isExact(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return true;
  return Array.isArray(value) ? value.every(isExact) : Object.values(value).every(isExact);
}
