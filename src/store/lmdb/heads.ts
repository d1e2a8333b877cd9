/**
 * Heads and their versions, read from LMDB. Everything is read in pages and closed at once: a list that somebody walks
 * slowly holds no snapshot of the database, which would keep old pages from being used again.
 */
import { MAX_HEAD_NAME_BYTES } from '../../protocol/limits.js';
import { isVersionNumber } from '../change.js';
import type { Head, HeadStore } from '../store.js';
import { isIllFormed } from '../utf8.js';
import { storeFault } from './faults.js';
import { decodeHead } from './headRecord.js';
import type { Snapshot } from './snapshot.js';
import { peek, type Table, type Tables, versionKey } from './tables.js';

/** Heads read at a time. */
const PAGE = 256;
const MAX_VERSION = 0xffff_ffff;
/** Comes right after a name among all names that could be. */
const NEXT = '\u0000';

type ListOptions = NonNullable<Parameters<HeadStore['list']>[0]>;

export class Heads implements HeadStore {
  constructor(
    private readonly tables: Tables,
    private readonly snapshot: Snapshot,
  ) {}

  /** Sees what is committed now, also if this turn has read before. */
  renew(): void {
    this.snapshot.renew();
  }

  get(name: string): Head | undefined {
    this.snapshot.freshen();
    if (name === '' || name.length > MAX_HEAD_NAME_BYTES) return undefined;
    const record = peek(this.tables.heads, name);
    // Half a surrogate pair becomes another character in UTF-8, under which another name may lie.
    if (record === undefined || isIllFormed(name)) return undefined;
    return decodeHead(name, viewOf(record));
  }

  version(name: string, version: number): Head | undefined {
    this.snapshot.freshen();
    if (!isVersionNumber(version) || !isName(name)) return undefined;
    const record = peek(this.tables.versions, versionKey(name, version));
    return record && decodeHead(name, viewOf(record));
  }

  list(options: ListOptions = {}): Iterable<Head> {
    this.snapshot.freshen();
    return this.listed(options);
  }

  history(name: string, options: { readonly limit?: number } = {}): Iterable<Head> {
    this.snapshot.freshen();
    return this.historyOf(name, options.limit ?? Number.POSITIVE_INFINITY);
  }

  labels(name: string): ReadonlyMap<string, number> {
    this.snapshot.freshen();
    if (!isName(name)) return new Map();
    return decodeLabels(peek(this.tables.labels, name));
  }

  private *listed({ prefix = '', after = '', limit = Number.POSITIVE_INFINITY }: ListOptions): Iterable<Head> {
    if (prefix !== '' && !isName(prefix)) return;
    let left = limit;
    // Whatever is longer than a name may be comes after the same names as its beginning does.
    const last = after.slice(0, MAX_HEAD_NAME_BYTES + 1);
    let start = isBefore(last, prefix) ? prefix || NEXT : last + NEXT;
    while (left > 0) {
      const page = this.page(this.tables.heads, { start, limit: Math.min(left, PAGE) });
      for (const { key, value } of page) {
        if (!key.startsWith(prefix)) return;
        yield decodeHead(key, value);
      }
      const final = page.at(-1);
      if (final === undefined || page.length < PAGE) return;
      left -= page.length;
      start = final.key + NEXT;
    }
  }

  private *historyOf(name: string, limit: number): Iterable<Head> {
    if (!isName(name)) return;
    let left = limit;
    let newest = MAX_VERSION;
    while (left > 0 && newest > 0) {
      const page = this.versionPage(name, newest, Math.min(left, PAGE));
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      left -= page.length;
      newest = last.version - 1;
    }
  }

  private versionPage(name: string, newest: number, limit: number): Head[] {
    const start = versionKey(name, newest);
    const end = versionKey(name, 0);
    const page = this.page(this.tables.versions, { start, end, limit, reverse: true });
    return page.map(({ value }) => decodeHead(name, value));
  }

  private page<K>(table: Table<K>, range: Parameters<Table<K>['getRange']>[0]): { key: K; value: Buffer }[] {
    this.snapshot.freshen();
    try {
      return Array.from(table.getRange(range), ({ key, value }) => ({ key, value: viewOf(value) }));
    } catch (error) {
      throw storeFault(error);
    }
  }
}

export function decodeLabels(record: Uint8Array | undefined): Map<string, number> {
  if (record === undefined) return new Map();
  return new Map(Object.entries<number>(JSON.parse(viewOf(record).toString())));
}

/** Whether there can be a head of that name, as far as LMDB's keys are concerned. */
function isName(name: string): boolean {
  return name !== '' && name.length <= MAX_HEAD_NAME_BYTES && !isIllFormed(name);
}

function viewOf(value: Uint8Array): Buffer {
  return value instanceof Buffer ? value : Buffer.from(value.buffer, value.byteOffset, value.length);
}

/** Whether a list after `after` begins with the first name of the prefix all the same. */
function isBefore(after: string, prefix: string): boolean {
  return Buffer.compare(Buffer.from(after), Buffer.from(prefix)) < 0 || after === '';
}
