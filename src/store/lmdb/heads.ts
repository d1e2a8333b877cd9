/**
 * Heads and their versions, read from LMDB. Everything is read in pages and closed at once: a list that somebody walks
 * slowly holds no snapshot of the database, which would keep old pages from being used again.
 */
import { MAX_HEAD_NAME_BYTES } from '../../protocol/limits.js';
import { isVersionNumber } from '../change.js';
import type { Audited, Head, HeadStore } from '../store.js';
import { isIllFormed } from '../utf8.js';
import { auditHeads } from './audit.js';
import { storeFault } from './faults.js';
import { decodeHead, decodeLabels } from './headRecord.js';
import { damaged } from './seal.js';
import type { Snapshot } from './snapshot.js';
import { isAfter, peek, type Table, type Tables, versionKey } from './tables.js';

/** Heads read at a time. */
const PAGE = 256;
const MAX_VERSION = 0xffff_ffff;
/** At the end of a key of `versions`. */
const VERSION_BYTES = 4;
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
    const record = this.record(this.tables.heads, name);
    // Half a surrogate pair becomes another character in UTF-8, under which another name may lie.
    if (record === undefined || isIllFormed(name)) return undefined;
    return decodeHead(name, viewOf(record));
  }

  version(name: string, version: number): Head | undefined {
    this.snapshot.freshen();
    if (!isVersionNumber(version) || !isName(name)) return undefined;
    const record = this.record(this.tables.versions, versionKey(name, version));
    return record && versionIn(name, version, viewOf(record));
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
    return decodeLabels(name, this.record(this.tables.labels, name));
  }

  audit(): Iterable<Audited> {
    return auditHeads(this.tables, () => this.renew());
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
      // Keys that are out of order would be read again and again.
      if (!isAfter(final.key + NEXT, start)) throw damaged('');
      start = final.key + NEXT;
    }
  }

  private *historyOf(name: string, limit: number): Iterable<Head> {
    if (!isName(name)) return;
    let left = limit;
    let newest = MAX_VERSION;
    while (left > 0 && newest > 0) {
      const page = this.versionPage(name, newest, Math.min(left, PAGE));
      // The newest version is never without its head, nor the head without it.
      if (newest === MAX_VERSION && page[0]?.version !== this.get(name)?.version) throw damaged(name);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      left -= page.length;
      if (last.version > newest) throw damaged(name);
      newest = last.version - 1;
    }
  }

  private versionPage(name: string, newest: number, limit: number): Head[] {
    const start = versionKey(name, newest);
    const end = versionKey(name, 0);
    const page = this.page(this.tables.versions, { start, end, limit, reverse: true });
    return page.map(({ key, value }) =>
      versionIn(name, Buffer.from(key).readUInt32BE(key.length - VERSION_BYTES), value),
    );
  }

  private page<K>(table: Table<K>, range: Parameters<Table<K>['getRange']>[0]): { key: K; value: Buffer }[] {
    this.snapshot.freshen();
    try {
      return Array.from(table.getRange(range), ({ key, value }) => ({ key, value: viewOf(value) }));
    } catch (error) {
      // A damaged page makes the whole snapshot useless; others may be read.
      this.snapshot.renew();
      throw storeFault(error);
    }
  }

  private record<K>(table: Table<K>, key: K): Uint8Array | undefined {
    try {
      return peek(table, key);
    } catch (error) {
      this.snapshot.renew();
      throw error;
    }
  }
}

/** Whether there can be a head of that name, as far as LMDB's keys are concerned. */
function isName(name: string): boolean {
  return name !== '' && name.length <= MAX_HEAD_NAME_BYTES && !isIllFormed(name);
}

/** @throws HeliosError `CORRUPT_BLOCK` also when the record is that of another version */
function versionIn(name: string, version: number, record: Buffer): Head {
  const head = decodeHead(name, record);
  if (head.version !== version) throw damaged(name);
  return head;
}

function viewOf(value: Uint8Array): Buffer {
  return value instanceof Buffer ? value : Buffer.from(value.buffer, value.byteOffset, value.length);
}

/** Whether a list after `after` begins with the first name of the prefix all the same. */
function isBefore(after: string, prefix: string): boolean {
  return Buffer.compare(Buffer.from(after), Buffer.from(prefix)) < 0 || after === '';
}
