/**
 * Whether what an LMDB store keeps about names fits together. Each name stands in three tables, `heads`, `versions` and
 * `tips`, so that an entry that has vanished, or lies under another key, is missed by the others; records carry
 * checksums. Each page is read and compared within one snapshot, so that others may go on writing. Changes nothing.
 */
import { HeliosError } from '../../protocol/errors.js';
import type { Audited, Head } from '../store.js';
import { storeFault } from './faults.js';
import { decodeHead, decodeLabels } from './headRecord.js';
import { entriesIn, isAfter, peek, type Table, type Tables, tipKey, tipOf, versionKey, versionOf } from './tables.js';

/** Entries that are read and compared at a time. */
const PAGE = 64;
/** Names with labels that are counted, at once. */
const LABELS_COUNTED_MAX = 16_384;
/** Comes before every key that there can be. */
const FIRST = Uint8Array.of(0);
const TABLE_DAMAGED: Audited = { name: '', commit: null, problem: 'corrupt' };

interface Entry<K> {
  readonly key: K;
  readonly value: Buffer;
}

/** @param renew makes what is read next as new as can be */
export function* auditHeads(tables: Tables, renew: () => void): Iterable<Audited> {
  yield* inPages(tables.heads, '\u0000', renew, (entry) => auditHead(tables, entry));
  yield* inPages(tables.versions, FIRST, renew, (entry) => auditVersion(tables, entry));
  yield* inPages(tables.tips, FIRST, renew, (entry) => auditTip(tables, entry));
  yield* inPages(tables.labels, '\u0000', renew, (entry) => auditLabels(tables, entry));
  renew();
  if (!isCounted(tables.labels)) yield TABLE_DAMAGED;
}

/** Whether a table has as many entries as LMDB has noted: nothing else misses labels that can't be found any more. */
function isCounted(table: Table<string>): boolean {
  try {
    const noted = entriesIn(table);
    const limit = LABELS_COUNTED_MAX + 1;
    const there = Array.from(table.getKeys({ start: '\u0000', limit })).length;
    return there === noted || (there === limit && noted >= limit);
  } catch (error) {
    const fault = storeFault(error);
    if (fault.code !== 'CORRUPT_BLOCK') throw fault;
    return false;
  }
}

function* inPages<K extends string | Uint8Array>(
  table: Table<K>,
  first: K,
  renew: () => void,
  audit: (entry: Entry<K>) => Audited | undefined,
): Iterable<Audited> {
  for (let start = first; ; ) {
    const audited: Audited[] = [];
    let page: Entry<K>[];
    renew();
    try {
      page = Array.from(table.getRange({ start, limit: PAGE + 1 }), ({ key, value }) => ({
        key,
        value: copied(value),
      }));
      for (const entry of page.slice(0, PAGE)) {
        const one = audit(entry);
        if (one !== undefined) audited.push(one);
        // A search doesn't find what a walk does: the keys are out of order.
        if (peek(table, entry.key) === undefined) audited.push(TABLE_DAMAGED);
      }
    } catch (error) {
      const fault = storeFault(error);
      if (fault.code !== 'CORRUPT_BLOCK') throw fault;
      yield TABLE_DAMAGED;
      return;
    }
    yield* audited;
    const next = page[PAGE]?.key;
    if (next === undefined) return;
    if (!isAfter(next, start)) {
      // What comes would be the same again and again.
      yield TABLE_DAMAGED;
      return;
    }
    start = next;
  }
}

function auditHead(tables: Tables, { key: name, value }: Entry<string>): Audited {
  const head = headIn(name, value);
  if (head === undefined) return { name, commit: null, problem: 'corrupt' };
  const version = peek(tables.versions, versionKey(name, head.version));
  if (version === undefined) return { name, commit: head.commit, problem: 'missing', version: head.version };
  if (peek(tables.tips, tipKey(name, head.commit)) === undefined) {
    return { name, commit: head.commit, problem: 'corrupt' };
  }
  return head;
}

function auditVersion(tables: Tables, { key, value }: Entry<Uint8Array>): Audited {
  const of = versionOf(key);
  if (of === undefined) return TABLE_DAMAGED;
  const { name, version } = of;
  const kept = headIn(name, value);
  if (kept?.version !== version) return { name, commit: null, problem: 'corrupt', version };
  const newest = headUnder(tables, name);
  // Without its head nobody gets at it.
  if (newest === undefined || newest.version < version)
    return { name, commit: kept.commit, version, problem: 'missing' };
  return kept;
}

function auditTip(tables: Tables, { key }: Entry<Uint8Array>): Audited | undefined {
  const of = tipOf(key);
  if (of === undefined) return TABLE_DAMAGED;
  const head = headUnder(tables, of.name);
  if (head === undefined) return { ...of, problem: 'missing' };
  return head.commit === of.commit ? undefined : { ...of, problem: 'corrupt' };
}

function auditLabels(tables: Tables, { key: name, value }: Entry<string>): Audited | undefined {
  try {
    for (const version of decodeLabels(name, value).values()) {
      if (peek(tables.versions, versionKey(name, version)) === undefined) {
        return { name, commit: null, problem: 'missing', version };
      }
    }
    return undefined;
  } catch (error) {
    if (HeliosError.is(error, 'CORRUPT_BLOCK')) return { name, commit: null, problem: 'corrupt' };
    throw error;
  }
}

function headUnder(tables: Tables, name: string): Head | undefined {
  const record = peek(tables.heads, name);
  return record && headIn(name, copied(record));
}

/** A record that can't be read is as good as none: it is told of where it stands. */
function headIn(name: string, record: Buffer): Head | undefined {
  try {
    return decodeHead(name, record);
  } catch (error) {
    if (HeliosError.is(error, 'CORRUPT_BLOCK')) return undefined;
    throw error;
  }
}

function copied(value: Uint8Array): Buffer {
  return Buffer.from(value);
}
