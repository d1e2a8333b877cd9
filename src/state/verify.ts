/**
 * Verification: walks everything within reach of heads and their kept versions, reads each block once from the store,
 * past all caches, and checks it against its hash. What is damaged or missing is told with the versions that it breaks.
 */
import { HeliosError } from '../protocol/errors.js';
import type { Hash, Head, Store } from '../store/index.js';
import type { Decoder } from './decode.js';
import { Marks } from './marks.js';
import { Slices, type SlicesOptions } from './slices.js';

export interface VerifyFinding {
  /** Of a block. Empty where it is no block that is damaged, but what the store says of a name or one of its versions. */
  readonly hash: Hash;
  readonly problem: 'corrupt' | 'missing';
  /**
   * Versions that can't be restored whole, as `name@version`; at most `HELD_BY_MAX`. Of a damaged record its name or
   * version, as it stands there; of records that are missing nothing is known, and there is nothing here.
   */
  readonly heldBy: readonly string[];
}

export interface VerifyOptions extends SlicesOptions {
  readonly store: Store;
  readonly decoder: Decoder;
  /** Told now and then how many blocks were looked at. */
  readonly onProgress?: (blocks: number) => void;
}

/** Versions that a finding names. */
const HELD_BY_MAX = 100;

/** @throws HeliosError `CANCELLED` by the signal · `CLOSED` */
export async function* verify(options: VerifyOptions): AsyncGenerator<VerifyFinding, void> {
  const walk = new Walk(options);
  const problems = new Map<Hash, VerifyFinding['problem']>();
  const damaged: string[] = [];
  for await (const head of walk.versions((record) => damaged.push(record))) await walk.through(head.commit, problems);
  for (const record of damaged) yield { hash: '', problem: 'corrupt', heldBy: [record] };
  for (let left = walk.lost(); left > 0; left--) yield { hash: '', problem: 'missing', heldBy: [] };
  if (problems.size === 0) return;
  // Only now: to know who holds what, every version has to be gone through by itself.
  const holders = new Map([...problems.keys()].map((hash): [Hash, string[]] => [hash, []]));
  const touched = new Map<Hash, ReadonlySet<Hash>>();
  for await (const head of walk.versions()) {
    for (const hash of await walk.reached(head.commit, problems, touched)) {
      const names = holders.get(hash);
      if (names !== undefined && names.length < HELD_BY_MAX) names.push(`${head.name}@${head.version}`);
    }
  }
  for (const [hash, problem] of problems) yield { hash, problem, heldBy: holders.get(hash) ?? [] };
}

class Walk {
  private readonly seen = new Marks();
  /** Records of names and versions that the last walk came by. */
  private records = 0;
  private readonly slices: Slices;

  constructor(private readonly options: VerifyOptions) {
    this.slices = new Slices(options, 'The verification was stopped.');
  }

  /** All kept versions of all names that can be read. `onDamaged` is told the others: a name, a version, labels. */
  async *versions(onDamaged: (record: string) => void = ignore): AsyncGenerator<Head> {
    const { heads } = this.options.store;
    this.records = 0;
    const tell = (record: string) => {
      this.records++;
      onDamaged(record);
    };
    for (const { name } of heads.list({ onDamaged: tell })) {
      this.records++;
      this.checkLabels(name, tell);
      for (const head of heads.history(name, { onDamaged: (version) => tell(`${name}@${version}`) })) {
        this.records++;
        yield head;
      }
      await this.mayPause();
    }
  }

  /** How many records are not there any more, of those that were walked last. */
  lost(): number {
    return this.options.store.heads.lost(this.records);
  }

  private checkLabels(name: string, tell: (record: string) => void): void {
    try {
      if (this.options.store.heads.labels(name).size > 0) this.records++;
    } catch (error) {
      if (!HeliosError.is(error, 'CORRUPT_BLOCK')) throw error;
      tell(`the labels of ${name}`);
    }
  }

  /** Looks at each block below that was not looked at before. */
  async through(root: Hash, problems: Map<Hash, VerifyFinding['problem']>): Promise<void> {
    const stack = [root];
    for (let hash = stack.pop(); hash !== undefined; hash = stack.pop()) {
      if (!this.seen.add(hash)) continue;
      const children = this.look(hash);
      if (typeof children === 'string') problems.set(hash, children);
      else stack.push(...children);
      await this.mayPause();
    }
  }

  /** Problems below a block. Remembers the answer of each block on the way, so that shared ones are gone through once. */
  async reached(
    root: Hash,
    problems: ReadonlyMap<Hash, unknown>,
    touched: Map<Hash, ReadonlySet<Hash>>,
  ): Promise<ReadonlySet<Hash>> {
    const stack: { hash: Hash; children: readonly Hash[]; next: number; found: Set<Hash> }[] = [];
    const enter = (hash: Hash): ReadonlySet<Hash> | undefined => {
      const known = touched.get(hash);
      if (known !== undefined) return known;
      if (problems.has(hash)) return new Set([hash]);
      const children = this.look(hash);
      if (typeof children === 'string') return NOTHING;
      stack.push({ hash, children, next: 0, found: new Set() });
      return undefined;
    };
    const atOnce = enter(root);
    if (atOnce !== undefined) return atOnce;
    for (;;) {
      const top = stack.at(-1);
      if (top === undefined) return NOTHING;
      const child = top.children[top.next++];
      if (child !== undefined) {
        for (const hash of enter(child) ?? NOTHING) top.found.add(hash);
        continue;
      }
      stack.pop();
      const found = top.found.size === 0 ? NOTHING : top.found;
      touched.set(top.hash, found);
      const above = stack.at(-1);
      if (above === undefined) return found;
      for (const hash of found) above.found.add(hash);
      await this.mayPause();
    }
  }

  private look(hash: Hash): readonly Hash[] | VerifyFinding['problem'] {
    const { store, decoder } = this.options;
    try {
      const block = store.blocks.get(hash);
      if (block === undefined) return 'missing';
      return decoder.open(hash, block).children.map((child) => child.hash);
    } catch (error) {
      if (HeliosError.is(error, 'CORRUPT_BLOCK')) return 'corrupt';
      throw error;
    }
  }

  private async mayPause(): Promise<void> {
    if (!this.slices.isOver) return;
    this.options.onProgress?.(this.seen.size);
    await this.slices.next();
  }
}

const NOTHING: ReadonlySet<Hash> = new Set();

function ignore(): void {}
