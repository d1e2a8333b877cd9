/**
 * `importFrom`: the heads of a file that `exportTo` wrote. Every block is checked against its CID before it is kept; no
 * head moves before all blocks are there. An import that was interrupted is gone on with by importing again: what is
 * there by then isn't written twice.
 */
import { HeliosError } from '../../protocol/errors.js';
import { type Hash, type Head, isHash, type Store, verify as verifyHash } from '../../store/index.js';
import { closureOf } from '../closure.js';
import type { Decoder } from '../decode.js';
import { KIND_COMMIT } from '../format.js';
import { Part } from '../part.js';
import { CID_BYTES, hashIn, rootIn } from './format.js';
import { foreign, type ManifestHead, readManifest } from './manifest.js';
import { refused, sectionsOf } from './sections.js';

export interface ImportOptions {
  readonly store: Store;
  readonly decoder: Decoder;
  /** The whole value of a part, for the manifest. */
  readonly whole: (part: Part) => unknown;
  readonly onMoved: (before: Head | null, after: Head) => void;
}

/** Bytes of blocks that are written together. */
const BATCH_BYTES = 4_194_304;
const NO_BYTES = new Uint8Array(0);
const NOTHING_BEFORE: readonly Head[] = [];

/**
 * Gives back the newest version of each head in the file, in the order of their names.
 * @throws HeliosError `INVALID_REQUEST` for what is no such file, or an incomplete one · `CORRUPT_BLOCK` (details: `hash`)
 *   · `CONFLICT` when a name points at something that the file's versions don't follow: no head has moved then ·
 *   `STALE_REFERENCE` when a collection has freed what was imported meanwhile: import it again
 */
export async function imported(chunks: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<Head[]> {
  const root = await keepBlocks(chunks, options.store);
  const { store } = options;
  const swept = store.swept.count;
  const heads = readManifest(manifestAt(root, options));
  checkComplete(heads, options);
  for (const { name, versions } of heads) for (const version of versions) checkCommit(name, version, options);
  const plans = heads.map((head) => ({ head, missing: missingVersions(head, store) }));
  for (const { head, missing } of plans) await follow(head, missing, swept, options);
  return heads.map(({ versions }) => versions.at(-1)).filter((head) => head !== undefined);
}

/** Returns the root that the header names. */
async function keepBlocks(chunks: AsyncIterable<Uint8Array>, store: Store): Promise<Hash> {
  let root: Hash | undefined;
  let offset = 0;
  let batch = new Map<Hash, Uint8Array>();
  let bytes = 0;
  for await (const section of sectionsOf(chunks)) {
    if (root === undefined) {
      root = rootIn(section);
      if (root === undefined) throw foreign('its header names no root of one block with a BLAKE3 hash');
    } else {
      const hash = hashIn(section);
      if (hash === undefined) throw refused('has a CID other than of version 1, raw, BLAKE3-256', offset);
      const block = Uint8Array.from(section.subarray(CID_BYTES));
      verifyHash(hash, block);
      if (!store.blocks.has(hash)) {
        batch.set(hash, block);
        bytes += block.length;
      }
      if (bytes >= BATCH_BYTES) {
        await store.blocks.put(batch);
        batch = new Map();
        bytes = 0;
      }
    }
    offset += section.length;
  }
  if (root === undefined) throw refused('is empty', 0);
  await store.blocks.put(batch);
  return root;
}

function manifestAt(root: Hash, { store, whole }: ImportOptions): unknown {
  if (!isHash(root) || !store.blocks.has(root)) throw foreign('the block that its header names is not in it');
  return whole(new Part(root, 0, 0, 0, null));
}

function checkComplete(heads: readonly ManifestHead[], { store, decoder }: ImportOptions): void {
  const known = new Set<Hash>();
  const commits = heads.flatMap(({ versions }) => versions.map(({ commit }) => commit));
  for (const { hash, block } of closureOf(
    commits,
    (one) => known.has(one),
    (one) => store.blocks.get(one),
    (block, hash) => decoder.open(hash, block).children.map((child) => child.hash),
  )) {
    known.add(hash);
    if (block !== undefined) continue;
    throw new HeliosError(
      'INVALID_REQUEST',
      `This CAR file is not complete: block ${hash} is not in it. Export it again.`,
      {
        details: { hash },
      },
    );
  }
}

/** Whether the commit says what the list of heads says of it. */
function checkCommit(name: string, { commit, root, version, type }: Head, { store, decoder }: ImportOptions): void {
  const open = decoder.open(commit, store.blocks.get(commit) ?? NO_BYTES);
  const said: Record<string, unknown> = open.kind === KIND_COMMIT ? Object(open.value()) : {};
  const isSo = said.version === version && said.type === type && open.children.some((child) => child.hash === root);
  if (!isSo) throw foreign(`version ${version} of "${name}" is not what its commit says`);
}

/** The versions that this store doesn't have yet, oldest first. @throws HeliosError `CONFLICT` */
function missingVersions({ name, versions }: ManifestHead, store: Store): readonly Head[] {
  const current = store.heads.get(name);
  if (current === undefined) return versions;
  const at = versions.findIndex(({ commit }) => commit === current.commit);
  if (at !== -1) return versions.slice(at + 1);
  const newest = versions.at(-1);
  // This store may be further than the file.
  const isAhead = newest !== undefined && store.heads.version(name, newest.version)?.commit === newest.commit;
  if (isAhead) return NOTHING_BEFORE;
  const text = `"${name}" points at version ${current.version} here (${current.root.slice(0, 12)}), which the versions in the file don't follow. Import it under another store, or delete the name first. No head was moved.`;
  throw new HeliosError('CONFLICT', text, { details: { name, found: current.commit } });
}

async function follow(head: ManifestHead, missing: readonly Head[], swept: number, options: ImportOptions) {
  const { store, onMoved } = options;
  let before = store.heads.get(head.name) ?? null;
  for (const to of missing) {
    const moves = [{ name: head.name, expect: before?.commit ?? null, to }];
    await store.commit({ blocks: new Map(), borrowed: [to.commit], moves, swept });
    onMoved(before, to);
    before = to;
  }
  for (const [label, version] of head.labels) {
    if (store.heads.labels(head.name).get(label) !== version) await store.label(head.name, label, version, 0);
  }
}
