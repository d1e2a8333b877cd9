/**
 * What keeps a store in good order and moves it elsewhere: collecting, verifying, exporting, importing, labels. It works
 * in small steps, so that whoever else uses this process goes on.
 */
import { checkHeadName, describe, HeliosError } from './protocol/index.js';
import type { Rooms } from './rooms.js';
import {
  type CollectProgress,
  type CollectReport,
  collect,
  exported,
  imported,
  type Part,
  type SharingReport,
  sharingOf,
  unknownObject,
  type VerifyFinding,
  type Version,
  verify,
  versionOf,
} from './state/index.js';

export interface UpkeepOptions {
  readonly rooms: Rooms;
  readonly graceMs: number;
  readonly wallClock: () => number;
  /** Milliseconds of a steady clock. */
  readonly steady: () => number;
}

export interface CollectingOptions {
  readonly signal?: AbortSignal;
  /** Told now and then how far it is. */
  readonly onProgress?: (progress: CollectProgress) => void;
}

export interface VerifyingOptions {
  readonly signal?: AbortSignal;
  /** Told now and then how many blocks were looked at. */
  readonly onProgress?: (blocks: number) => void;
}

export interface SharingLook {
  /** Names that begin so. Default: all. */
  readonly prefix?: string;
  /** Objects of this type alone. */
  readonly type?: string;
  readonly signal?: AbortSignal;
  /** Told now and then how many components were found. */
  readonly onProgress?: (components: number) => void;
}

export const DEFAULT_GRACE_MS = 900_000;
/** Characters of a label; and labels of one name. */
const LABEL_LENGTH_MAX = 128;
const LABELS_MAX = 256;

export class Upkeep {
  private readonly ending = new AbortController();
  /** Collections that run. They hold the store, and give it back before it closes. */
  private readonly collecting = new Set<Promise<unknown>>();

  constructor(private readonly options: UpkeepOptions) {}

  async collect({ signal, onProgress }: CollectingOptions = {}): Promise<CollectReport> {
    const { rooms, graceMs, wallClock: now, steady } = this.options;
    const ended = this.ending.signal;
    const running = collect({
      ...{ store: rooms.store, graceMs, now, steady, pause },
      signal: signal === undefined ? ended : AbortSignal.any([signal, ended]),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    this.collecting.add(running);
    try {
      return await running;
    } catch (error) {
      if (!ended.aborted || !HeliosError.is(error, 'CANCELLED')) throw error;
      throw new HeliosError('CLOSED', 'The collection was ended: this Helios was closed.', { cause: error });
    } finally {
      this.collecting.delete(running);
    }
  }

  /** Ends collections; resolves when none holds the store any more. */
  async close(): Promise<void> {
    this.ending.abort();
    await Promise.allSettled(this.collecting);
  }

  verify({ signal, onProgress }: VerifyingOptions = {}): AsyncIterable<VerifyFinding> {
    const { rooms, steady } = this.options;
    return verify({
      ...{ store: rooms.store, decoder: rooms.decoder, steady, pause },
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
  }

  sharing(look: SharingLook = {}): Promise<SharingReport> {
    const { rooms, steady } = this.options;
    return sharingOf({ ...look, store: rooms.store, steady, pause });
  }

  async exportTo(out: WritableStream<Uint8Array>, names: readonly string[]): Promise<void> {
    if (!Array.isArray(names) || names.length === 0 || !(out instanceof WritableStream)) {
      throw new HeliosError('INVALID_REQUEST', 'exportTo() takes a stream to write to and a list of names.');
    }
    if (out.locked) throw lockedStream('exportTo', 'writes to');
    const { rooms } = this.options;
    const writer = out.getWriter();
    try {
      for (const chunk of exported(rooms.store, rooms.encoder, names)) {
        await writer.ready;
        await writer.write(chunk);
        await pause();
      }
      await writer.close();
    } catch (error) {
      await writer.abort(error).catch(() => {}); // what went wrong is thrown
      throw error;
    } finally {
      writer.releaseLock();
    }
  }

  async importFrom(input: ReadableStream<Uint8Array>): Promise<Version[]> {
    if (typeof Object(input)[Symbol.asyncIterator] !== 'function') {
      throw new HeliosError('INVALID_REQUEST', `importFrom() takes a stream to read from; got ${describe(input)}.`);
    }
    if (input.locked) throw lockedStream('importFrom', 'reads');
    const { rooms } = this.options;
    const heads = await imported(input, {
      ...{ store: rooms.store, decoder: rooms.decoder },
      whole: (part: Part) => rooms.restorer.whole(part, false).value,
      onMoved: (before, after) => rooms.versions.tell(before, after),
    });
    return heads.map(versionOf);
  }

  /** Keeps a name's newest version, or the given one, by a label. */
  async label(name: string, label: string, version?: number): Promise<void> {
    const { rooms } = this.options;
    const { store } = rooms;
    checkLabel(label);
    const head = store.heads.get(checkHeadName(name));
    if (head === undefined) throw unknownObject(name, store);
    const labels = store.heads.labels(name);
    if (!labels.has(label) && labels.size >= LABELS_MAX) {
      throw new HeliosError('TOO_LARGE', `"${name}" has ${LABELS_MAX} labels, the most that a name may have.`);
    }
    await store.label(name, label, version ?? head.version, rooms.versions.oldest(head));
  }

  async unlabel(name: string, label: string): Promise<void> {
    const { rooms } = this.options;
    const { store } = rooms;
    checkLabel(label);
    const head = store.heads.get(checkHeadName(name));
    if (head === undefined || !store.heads.labels(name).has(label)) {
      throw new HeliosError('UNKNOWN_OBJECT', `"${name}" has no checkpoint "${label}".`, { details: { name, label } });
    }
    await store.label(name, label, null, rooms.versions.oldest(head));
  }
}

function checkLabel(label: unknown): string {
  if (typeof label === 'string' && label !== '' && label.length <= LABEL_LENGTH_MAX && label.isWellFormed())
    return label;
  const text = `A label is a text of 1 to ${LABEL_LENGTH_MAX} characters, but got ${describe(label)}.`;
  throw new HeliosError('INVALID_REQUEST', text);
}

function lockedStream(method: string, does: string): HeliosError {
  return new HeliosError(
    'INVALID_REQUEST',
    `${method}() needs a stream of its own: somebody ${does} this one already.`,
  );
}

function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
