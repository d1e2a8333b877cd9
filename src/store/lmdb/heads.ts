/**
 * Heads and their versions, read from LMDB. Everything is read in pages and closed at once: a list that somebody walks
 * slowly holds no snapshot of the database, which would keep old pages from being used again.
 */
import { HeliosError } from '../../protocol/errors.js';
import { MAX_HEAD_NAME_BYTES } from '../../protocol/limits.js';
import { isVersionNumber } from '../change.js';
import type { Head, HeadStore } from '../store.js';
import { isIllFormed } from '../utf8.js';
import { storeFault } from './faults.js';
import { decodeHead, decodeLabels } from './headRecord.js';
import { damaged } from './seal.js';
import type { Snapshot } from './snapshot.js';
import { nameOfKey, peek, type Table, type Tables, versionKey, versionOfKey } from './tables.js';

/** Heads read at a time. */
const PAGE = 256;
const MAX_VERSION = 0xffff_ffff;
/** Comes right after a name among all names that could be. */
const NEXT = '\u0000';
const FIRST_KEY = new Uint8Array(1);

type ListOptions = NonNullable<Parameters<HeadStore['list']>[0]>;
type HistoryOptions = NonNullable<Parameters<HeadStore['history']>[1]>;

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
    return decodeHead(name, record);
  }

  version(name: string, version: number): Head | undefined {
    this.snapshot.freshen();
    if (!isVersionNumber(version) || !isName(name)) return undefined;
    const record = peek(this.tables.versions, versionKey(name, version));
    return record && versionIn(name, version, record);
  }

  list(options: ListOptions = {}): Iterable<Head> {
    this.snapshot.freshen();
    return this.listed(options);
  }

  history(name: string, options: HistoryOptions = {}): Iterable<Head> {
    this.snapshot.freshen();
    return this.historyOf(name, options);
  }

  labels(name: string): ReadonlyMap<string, number> {
    this.snapshot.freshen();
    if (!isName(name)) return new Map();
    return decodeLabels(name, peek(this.tables.labels, name));
  }

  private *listed(options: ListOptions): Iterable<Head> {
    const { prefix = '', after = '', limit = Number.POSITIVE_INFINITY, onDamaged } = options;
    if (prefix !== '' && !isName(prefix)) return;
    let left = limit;
    // Whatever is longer than a name may be comes after the same names as its beginning does.
    const last = after.slice(0, MAX_HEAD_NAME_BYTES + 1);
    let start = isBefore(last, prefix) ? prefix || NEXT : last + NEXT;
    while (left > 0) {
      const page = this.page(this.tables.heads, { start, limit: Math.min(left, PAGE) });
      for (const { key, value } of page) {
        if (!key.startsWith(prefix)) return;
        const head = readable(() => decodeHead(key, value), onDamaged && (() => onDamaged(key)));
        if (head !== undefined) yield head;
      }
      const final = page.at(-1);
      if (final === undefined || page.length < PAGE) return;
      left -= page.length;
      start = final.key + NEXT;
    }
  }

  private *historyOf(name: string, { limit, onDamaged }: HistoryOptions): Iterable<Head> {
    if (!isName(name)) return;
    let left = limit ?? Number.POSITIVE_INFINITY;
    let newest = MAX_VERSION;
    const end = versionKey(name, 0);
    while (left > 0 && newest > 0) {
      const start = versionKey(name, newest);
      const page = this.page(this.tables.versions, { start, end, limit: Math.min(left, PAGE), reverse: true });
      for (const { key, value } of page) {
        newest = versionOfKey(key);
        const version = newest;
        const head = readable(() => versionIn(name, version, value), onDamaged && (() => onDamaged(version)));
        if (head !== undefined) yield head;
      }
      if (page.length < PAGE) return;
      left -= page.length;
      newest--;
    }
  }

  lost(walked: number): number {
    this.snapshot.renew();
    const { heads, versions, labels } = this.tables;
    const noted = entriesIn(heads) + entriesIn(versions) + entriesIn(labels);
    if (noted === walked) return 0;
    let there = 0;
    const found = () => void there++;
    for (const { key, value } of heads.getRange({ start: NEXT })) ifReadable(() => decodeHead(key, value), found);
    for (const { key, value } of versions.getRange({ start: FIRST_KEY })) {
      ifReadable(() => versionIn(nameOfKey(key), versionOfKey(key), value), found);
    }
    for (const { key, value } of labels.getRange({ start: NEXT })) ifReadable(() => decodeLabels(key, value), found);
    return Math.max(0, noted - there);
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

/** The record of a version, which says itself which one it is. */
function versionIn(name: string, version: number, record: Uint8Array): Head {
  const head = decodeHead(name, record);
  if (head.version !== version) throw damaged(name);
  return head;
}

/** What a record says; `undefined`, and told, where it is damaged and somebody wants to be told. */
function readable<T>(read: () => T, onDamaged: (() => void) | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (onDamaged === undefined || !HeliosError.is(error, 'CORRUPT_BLOCK')) throw error;
    onDamaged();
    return undefined;
  }
}

function ifReadable(read: () => unknown, found: () => void): void {
  if (readable(read, () => undefined) !== undefined) found();
}

function entriesIn(table: Pick<Table<unknown>, 'getStats'>): number {
  const { entryCount } = table.getStats() as { readonly entryCount?: number };
  return entryCount ?? 0;
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
