/**
 * What a collection notes in an LMDB store, and its steps. The record under `COLLECTING` says whose it is and until when
 * it holds without another word; as long as it holds, all processes note what they write in the table `written`. What
 * frees blocks runs while nobody writes (see turnstile.ts), so that a writer never meets half of it; the record under
 * `SWEPT` tells writers that what they looked up before may be gone.
 */
import { randomBytes } from 'node:crypto';
import { collectedByOther, collectionLost, isVersionNumber, noVersion } from '../change.js';
import { type Collection, type Freed, type Hash, type Head, LEASE_MS, SWEEP_MAX, type Swept } from '../store.js';
import { decodeHead, decodeLabels, encodeLabels } from './headRecord.js';
import { droppedKey, droppedOf, peek, type Tables, versionKey } from './tables.js';
import type { Tally } from './tally.js';
import { isAlive, ownProcess } from './turnstile.js';
import type { Writer } from './writer.js';

const COLLECTING = Buffer.from('collecting');
const SWEPT = Buffer.from('swept');
const OWNER_BYTES = 8;
/** Where the parts of a lease stand, after the time until which it holds. */
const OWNER = 8;
const PROCESS = OWNER + OWNER_BYTES;
const START = PROCESS + 4;
const FIRST_HASH = '0'.repeat(64);
const FIRST_KEY = new Uint8Array(1);
const NOTHING = new Uint8Array(0);
const NOTHING_SWEPT: Swept = { count: 0, before: 0 };
/** Milliseconds of a lease that may be gone before it is written anew: each step would cost one transaction more. */
const LEASE_USED_MS = 1_000;
/** Entries that one transaction removes from a table. */
const FORGOTTEN_MAX = 512;

interface Lease {
  readonly until: number;
  /** One opening of the store. */
  readonly owner: string;
  /** Its process, which may be gone without a word. */
  readonly process: number;
  readonly start: string;
}

export interface CollectionsOptions {
  readonly tables: Tables;
  readonly tally: Tally;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class Collections {
  constructor(private readonly options: CollectionsOptions) {}

  /** By the snapshot that reads see now. */
  look(): { readonly isUnderWay: boolean; readonly swept: Swept } {
    return { isUnderWay: (this.lease()?.until ?? 0) >= this.options.now(), swept: this.swept() };
  }

  swept(): Swept {
    const record = peek(this.options.tables.gate, SWEPT);
    if (record === undefined) return NOTHING_SWEPT;
    const view = Buffer.from(record);
    return { count: view.readDoubleLE(0), before: view.readDoubleLE(8) };
  }

  /** Through this process's writer. */
  through(writer: Writer, assertOpen: () => void): Collection {
    const { tables } = this.options;
    const owner = randomBytes(OWNER_BYTES).toString('hex');
    const alone = <T>(work: () => T): Promise<T> => {
      assertOpen();
      return writer.alone(work);
    };
    return {
      begin: () =>
        alone(() => {
          const lease = this.lease();
          const isHeld = lease !== null && lease.until >= this.options.now() && isAlive(lease.process, lease.start);
          if (isHeld) throw collectedByOther(lease.until);
          this.clear(tables.written);
          this.hold(owner);
        }),
      renew: () => alone(() => this.keep(owner)),
      dropped: (since) => alone(() => this.dropped(since)),
      written: () =>
        alone(() => {
          this.keep(owner);
          return this.takeWritten();
        }),
      hashes: (after, limit) => {
        assertOpen();
        tables.environment.resetReadTxn();
        const keys = [...tables.blocks.getKeys({ start: after ?? FIRST_HASH, limit: limit + 1 })];
        return (keys[0] === after ? keys.slice(1) : keys).slice(0, limit);
      },
      sweep: (choose, before) =>
        alone(() => {
          this.keep(owner);
          return this.free(choose(this.takeWritten()).slice(0, SWEEP_MAX), before);
        }),
      end: () =>
        alone(() => {
          if (this.lease()?.owner !== owner) return;
          this.clear(tables.written);
          tables.environment.transactionSync(() => void tables.gate.remove(COLLECTING));
        }),
    };
  }

  /** Gives a version a label or takes it away, while nobody writes. */
  label(name: string, label: string, version: number | null, kept: number): void {
    const { environment, labels, versions, heads, dropped } = this.options.tables;
    const isThere =
      version !== null && isVersionNumber(version) && peek(versions, versionKey(name, version)) !== undefined;
    if (version !== null && !isThere) throw noVersion(name, version);
    const all = decodeLabels(name, peek(labels, name));
    const before = all.get(label);
    if (version === null) all.delete(label);
    else all.set(label, version);
    const isFree = before !== undefined && before <= kept && ![...all.values()].includes(before);
    const key = isFree ? versionKey(name, before) : undefined;
    const old = key === undefined ? undefined : headIn(name, peek(versions, key));
    const isNewest = old !== undefined && old.version === headIn(name, peek(heads, name))?.version;
    environment.transactionSync(() => {
      void (all.size === 0 ? labels.remove(name) : labels.put(name, encodeLabels(name, all)));
      if (key === undefined || old === undefined || isNewest) return;
      void versions.remove(key);
      void dropped.put(droppedKey(this.options.now(), old.commit), NOTHING);
    });
  }

  private lease(): Lease | null {
    const record = peek(this.options.tables.gate, COLLECTING);
    if (record === undefined) return null;
    const view = Buffer.from(record);
    return {
      until: view.readDoubleLE(0),
      owner: view.toString('hex', OWNER, PROCESS),
      process: view.readUInt32LE(PROCESS),
      start: view.toString('latin1', START),
    };
  }

  private keep(owner: string): void {
    const lease = this.lease();
    const now = this.options.now();
    if (lease?.owner !== owner || lease.until < now) throw collectionLost();
    if (lease.until < now + LEASE_MS - LEASE_USED_MS) this.hold(owner);
  }

  private hold(owner: string): void {
    const { environment, gate } = this.options.tables;
    const { id, start } = ownProcess();
    const record = Buffer.alloc(START + start.length);
    record.writeDoubleLE(this.options.now() + LEASE_MS, 0);
    record.write(owner, OWNER, 'hex');
    record.writeUInt32LE(id, PROCESS);
    record.write(start, START, 'latin1');
    environment.transactionSync(() => void gate.put(COLLECTING, record));
  }

  private takeWritten(): Hash[] {
    const { written } = this.options.tables;
    const taken = [...written.getKeys({ start: FIRST_HASH })];
    this.clear(written);
    return taken;
  }

  private dropped(since: number): Hash[] {
    const { environment, dropped } = this.options.tables;
    const commits: Hash[] = [];
    const old: Uint8Array[] = [];
    for (const key of dropped.getKeys({ start: FIRST_KEY })) {
      const { at, commit } = droppedOf(key);
      if (at > since) commits.push(commit);
      else old.push(Uint8Array.from(key));
    }
    for (let from = 0; from < old.length; from += FORGOTTEN_MAX) {
      environment.transactionSync(() => {
        for (const key of old.slice(from, from + FORGOTTEN_MAX)) void dropped.remove(key);
      });
    }
    return commits;
  }

  private free(hashes: readonly Hash[], before: number): Freed {
    const { environment, blocks, gate } = this.options.tables;
    const { tally } = this.options;
    const there = hashes.flatMap((hash) => {
      const length = peek(blocks, hash)?.length;
      return length === undefined ? [] : [{ hash, length }];
    });
    const bytes = there.reduce((sum, { length }) => sum + length, 0);
    if (there.length === 0) return { blocks: 0, bytes };
    const swept = this.swept();
    const record = Buffer.alloc(16);
    record.writeDoubleLE(swept.count + 1, 0);
    record.writeDoubleLE(Math.max(swept.before, before), 8);
    const left = tally.known - bytes;
    environment.transactionSync(() => {
      for (const { hash } of there) void blocks.remove(hash);
      void gate.put(SWEPT, record);
      tally.queue(left);
    });
    tally.settle(-bytes, left);
    return { blocks: there.length, bytes };
  }

  private clear(table: Tables['written']): void {
    const { environment } = this.options.tables;
    for (;;) {
      const keys = [...table.getKeys({ start: FIRST_HASH, limit: FORGOTTEN_MAX })];
      if (keys.length === 0) return;
      environment.transactionSync(() => {
        for (const key of keys) void table.remove(key);
      });
      environment.resetReadTxn();
    }
  }
}

function headIn(name: string, record: Uint8Array | undefined): Head | undefined {
  return record && decodeHead(name, record);
}
