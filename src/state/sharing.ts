/**
 * What the objects of a population have in common: how many distinct components they are made of, how often each is
 * held, and what holding each once saves. It reads each block once, out of its child list alone, in small steps.
 */
import type { Hash, Store } from '../store/index.js';
import { closureOf } from './closure.js';
import { CHILD_BYTES } from './format.js';
import { PREFIX_DIGITS } from './hashTable.js';
import { bytesBelow, childAt, headerOf } from './header.js';
import { HoldCounts } from './holdCounts.js';
import { Marks } from './marks.js';
import { Slices, type SlicesOptions } from './slices.js';

export interface SharingReport {
  /** Names that were looked at, each with its newest version. */
  readonly objects: number;
  /** Distinct components of them, an object's topmost among them, and the bytes of their blocks. */
  readonly components: number;
  readonly bytes: number;
  /** How often components are held: by an object as its topmost, or by another component. */
  readonly holds: number;
  /** Bytes of all objects, each as if it were alone; what occurs in several places of one counts in each. */
  readonly logicalBytes: number;
  readonly savedBytes: number;
  /** Components by how often they are held: from `from` to `to` times. */
  readonly byHolds: readonly HoldClass[];
  /** Those that would take most room if each holder had its own, the largest saving first. */
  readonly mostHeld: readonly HeldComponent[];
}

export interface HoldClass {
  readonly from: number;
  readonly to: number;
  readonly components: number;
  readonly bytes: number;
}

export interface HeldComponent {
  readonly hash: Hash;
  readonly holds: number;
  /** Of its own block. */
  readonly bytes: number;
}

export interface SharingOptions extends SlicesOptions {
  readonly store: Store;
  readonly prefix?: string;
  /** Objects of this type alone. */
  readonly type?: string;
  /** Told now and then how many components were found. */
  readonly onProgress?: (components: number) => void;
}

/** Components that a report names. */
const NAMED_MAX = 20;

/** @throws HeliosError `CORRUPT_BLOCK` · `CANCELLED` by the signal · `CLOSED` */
export async function sharingOf(options: SharingOptions): Promise<SharingReport> {
  const walk = new Walk(options);
  await walk.begin();
  for (const root of rootsOf(options)) await walk.object(root);
  return walk.report();
}

function* rootsOf({ store, prefix = '', type }: SharingOptions): Generator<Hash, undefined> {
  for (const head of store.heads.list({ prefix })) if (type === undefined || type === head.type) yield head.root;
}

class Walk {
  private readonly counts = new HoldCounts();
  private readonly slices: Slices;
  private objects = 0;
  private bytes = 0;
  private holds = 0;
  private logicalBytes = 0;

  constructor(private readonly options: SharingOptions) {
    this.slices = new Slices(options, 'The look at what is shared was stopped.');
  }

  begin(): Promise<void> {
    return this.slices.next();
  }

  /** An object, with what was not met before. What is missing is passed over: verify tells of it. */
  async object(root: Hash): Promise<void> {
    this.objects++;
    const { blocks } = this.options.store;
    const top = blocks.get(root);
    if (top !== undefined) this.logicalBytes += top.length + bytesBelow(top, headerOf(top));
    const stack = [root];
    for (let hash = stack.pop(); hash !== undefined; hash = stack.pop()) {
      this.holds++;
      if (!this.counts.add(hash)) continue;
      const block = blocks.get(hash);
      if (block === undefined) continue;
      this.counts.measure(hash, block.length);
      this.bytes += block.length;
      stack.push(...componentsOf(block));
      await this.mayPause();
    }
    await this.mayPause();
  }

  async report(): Promise<SharingReport> {
    const { objects, bytes, holds, logicalBytes } = this;
    const classes: { components: number; bytes: number }[] = [];
    let named: { prefix: string; times: number; bytes: number; saved: number }[] = [];
    for (const { prefix, times, bytes: size } of this.counts) {
      const place = Math.floor(Math.log2(times));
      for (let at = classes.length; at <= place; at++) classes.push({ components: 0, bytes: 0 });
      const one = classes[place];
      if (one !== undefined) {
        one.components++;
        one.bytes += size;
      }
      if (times > 1) named.push({ prefix, times, bytes: size, saved: (times - 1) * size });
      if (named.length > NAMED_MAX * 64) named = largest(named);
    }
    named = largest(named);
    const hashes = await this.hashesOf(named.map(({ prefix }) => prefix));
    return {
      ...{ objects, components: this.counts.size, bytes, holds, logicalBytes },
      savedBytes: Math.max(0, logicalBytes - bytes),
      byHolds: classes.map((one, place) => ({ from: 2 ** place, to: 2 ** (place + 1) - 1, ...one })),
      mostHeld: named.map(({ prefix, times, bytes: size }) => {
        return { hash: hashes.get(prefix) ?? prefix, holds: times, bytes: size };
      }),
    };
  }

  /** The hashes that begin so: found by going through the objects once more, until all of them are. */
  private async hashesOf(prefixes: readonly string[]): Promise<ReadonlyMap<string, Hash>> {
    const found = new Map<string, Hash>();
    const wanted = new Set(prefixes);
    const seen = new Marks();
    const { blocks } = this.options.store;
    const isKnown = (hash: Hash) => seen.has(hash);
    for (const root of rootsOf(this.options)) {
      for (const { hash } of closureOf([root], isKnown, (one) => blocks.get(one), componentsOf)) {
        if (found.size === wanted.size) return found;
        seen.add(hash);
        const prefix = hash.slice(0, PREFIX_DIGITS);
        if (wanted.has(prefix)) found.set(prefix, hash);
        await this.mayPause();
      }
    }
    return found;
  }

  private async mayPause(): Promise<void> {
    if (!this.slices.isOver) return;
    this.options.onProgress?.(this.counts.size);
    await this.slices.next();
  }
}

function componentsOf(block: Uint8Array): Hash[] {
  const { components, listAt } = headerOf(block);
  return Array.from({ length: components }, (_, at) => childAt(block, listAt + at * CHILD_BYTES).hash);
}

function largest<T extends { readonly saved: number; readonly prefix: string }>(all: readonly T[]): T[] {
  return all.toSorted((a, b) => b.saved - a.saved || (a.prefix < b.prefix ? -1 : 1)).slice(0, NAMED_MAX);
}
