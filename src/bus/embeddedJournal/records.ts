/** Records and dead letters in memory: plain data, copied in and out, so that nobody changes it under another. */

import { HeliosError } from '../../protocol/errors.js';
import type { DeadMessage } from '../../protocol/index.js';
import type { DeadLetters, JournalBounds, JournalRecord, Records } from '../journal.js';
import { checkId } from '../journalId.js';
import { checkRecordKey } from '../recordKey.js';
import { callApart, type JournalClock } from './clock.js';
import { closed } from './requests.js';
import { roughBytes } from './roughBytes.js';
import { createShelf } from './shelf.js';

type Watcher = (record: JournalRecord | undefined) => void;

export function createRecords(
  clock: JournalClock,
  now: () => number,
  bounds: JournalBounds,
): Records & { close(): void } {
  const { keepMs, recordBytes } = bounds;
  const lasting = createShelf<string, JournalRecord>({ now, keepMs: Number.POSITIVE_INFINITY, bytesMax: recordBytes });
  const passing = createShelf<string, JournalRecord>({ now, keepMs, bytesMax: recordBytes });
  const watching = new Map<string, Set<Watcher>>();
  let revision = 0;
  let isClosed = false;

  function shelfOf(key: string) {
    return checkRecordKey(key) ? passing : lasting;
  }

  function tell(key: string, record: JournalRecord | undefined): void {
    for (const watcher of watching.get(key) ?? []) clock.soon(() => watcher(record));
  }

  return {
    async get(key) {
      if (isClosed) throw closed();
      return copyOf(shelfOf(key).get(key));
    },
    async put(key, value, expected) {
      if (isClosed) throw closed();
      const shelf = shelfOf(key);
      if ((shelf.get(key)?.revision ?? 0) !== expected) return undefined;
      const bytes = 2 * key.length + roughBytes(value);
      // What is kept for ever is never dropped to make room.
      if (shelf === lasting && expected === 0 && shelf.bytes + bytes > recordBytes) throw full(recordBytes);
      const record = { value: structuredClone(value), revision: ++revision };
      shelf.put(key, record, bytes);
      tell(key, record);
      return record.revision;
    },
    async delete(key) {
      if (isClosed) throw closed();
      if (!shelfOf(key).delete(key)) return;
      revision++;
      tell(key, undefined);
    },
    watch(key, onChange) {
      const shelf = shelfOf(key);
      let isActive = true;
      const watcher: Watcher = (record) => {
        if (isActive && !isClosed) callApart(clock, () => onChange(copyOf(record)));
      };
      const watchers = watching.get(key) ?? new Set();
      watching.set(key, watchers.add(watcher));
      const record = shelf.get(key);
      if (record !== undefined) clock.soon(() => watcher(record));
      return {
        subject: key,
        unsubscribe: () => {
          isActive = false;
          watchers.delete(watcher);
          if (watchers.size === 0) watching.delete(key);
        },
      };
    },
    close() {
      isClosed = true;
      watching.clear();
    },
  };
}

function copyOf(record: JournalRecord | undefined): JournalRecord | undefined {
  return record === undefined ? undefined : { value: structuredClone(record.value), revision: record.revision };
}

function full(bytesMax: number): HeliosError {
  const message = `The journal's records are full (${bytesMax} bytes). Delete some, or give them more room.`;
  return new HeliosError('OVERLOADED', message, { details: { bytesMax } });
}

export function createDeadLetters(now: () => number, bounds: JournalBounds): DeadLetters & { close(): void } {
  const letters = createShelf<string, DeadMessage>({ now, keepMs: bounds.deadKeepMs, bytesMax: bounds.deadBytes });
  let isClosed = false;

  function open(): typeof letters {
    if (isClosed) throw closed();
    return letters;
  }

  return {
    async add(letter) {
      open().put(checkId(letter.id), letter, roughBytes(letter));
    },
    async get(id) {
      return open().get(checkId(id));
    },
    async *list() {
      for (const [, letter] of open().entries()) yield letter;
    },
    async remove(id) {
      return open().delete(checkId(id));
    },
    close() {
      isClosed = true;
    },
  };
}
