/**
 * Verification: looks whether what the store keeps about names fits together, walks everything within reach of heads and
 * their kept versions, reads each block once from the store, past all caches, and checks it against its hash. What is
 * damaged or missing is told with the versions that it breaks.
 */
import { HeliosError } from '../protocol/errors.js';
import type { Audited, Hash, HeadFault, Store } from '../store/index.js';
import type { Decoder } from './decode.js';
import { Marks } from './marks.js';
import { Slices, type SlicesOptions } from './slices.js';

export interface VerifyFinding {
  /** Of the block; for a head, of the commit that it should point at, or empty where nothing tells. */
  readonly hash: Hash;
  readonly problem: 'corrupt' | 'missing';
  /** Where not a block but what the store keeps about a name is damaged, or lost. */
  readonly what?: 'head';
  /** Versions that can't be restored whole, as `name@version`; at most `HELD_BY_MAX`. */
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
/** Faults of heads that are remembered, so that none is told twice. */
const FAULTS_TOLD_MAX = 10_000;

/** @throws HeliosError `CANCELLED` by the signal · `CLOSED` */
export async function* verify(options: VerifyOptions): AsyncGenerator<VerifyFinding, void> {
  const walk = new Walk(options);
  const problems = new Map<Hash, VerifyFinding['problem']>();
  for await (const one of walk.audited()) {
    if ('problem' in one) yield findingOf(one);
    else await walk.through(one.commit, problems);
  }
  if (problems.size === 0) return;
  // Only now: to know who holds what, every version has to be gone through by itself.
  const holders = new Map([...problems.keys()].map((hash): [Hash, string[]] => [hash, []]));
  const touched = new Map<Hash, ReadonlySet<Hash>>();
  for await (const head of walk.audited()) {
    if ('problem' in head) continue;
    const name = `${head.name}@${head.version}`;
    for (const hash of await walk.reached(head.commit, problems, touched)) {
      const names = holders.get(hash);
      if (names !== undefined && names.length < HELD_BY_MAX && !names.includes(name)) names.push(name);
    }
  }
  for (const [hash, problem] of problems) yield { hash, problem, heldBy: holders.get(hash) ?? [] };
}

function findingOf({ name, version, commit, problem }: HeadFault): VerifyFinding {
  const heldBy = name === '' ? [] : [version === undefined ? name : `${name}@${version}`];
  return { hash: commit ?? '', problem, what: 'head', heldBy };
}

class Walk {
  private readonly seen = new Marks();
  private readonly slices: Slices;

  constructor(private readonly options: VerifyOptions) {
    this.slices = new Slices(options, 'The verification was stopped.');
  }

  /** All that is kept about names, and what is wrong with it, each once. */
  async *audited(): AsyncGenerator<Audited> {
    const told = new Set<string>();
    for (const one of this.options.store.heads.audit()) {
      await this.mayPause();
      if ('problem' in one) {
        const key = `${one.name}@${one.version}`;
        if (told.has(key)) continue;
        if (told.size < FAULTS_TOLD_MAX) told.add(key);
      }
      yield one;
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
