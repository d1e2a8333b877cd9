/**
 * `exportTo`: heads with their kept versions as one self-contained CAR v1 file. First the blocks of the manifest, then
 * everything within reach, each block once, holders before what they hold: the same heads give the same bytes.
 */
import { HeliosError } from '../../protocol/errors.js';
import type { Hash, Store } from '../../store/index.js';
import { closureOf } from '../closure.js';
import type { Encoder } from '../encode.js';
import { freshBlocks } from '../part.js';
import { headerFor, sectionOf } from './format.js';
import { manifestOf } from './manifest.js';

/** Bytes that are handed on together. */
const CHUNK_BYTES = 65_536;

/**
 * @throws HeliosError `UNKNOWN_OBJECT` for a name that isn't there · `MISSING_BLOCK`, `CORRUPT_BLOCK`: what was given so
 *   far is then no whole file
 */
export function* exported(store: Store, encoder: Encoder, names: readonly string[]): Generator<Uint8Array> {
  const { heads, value } = manifestOf(store, names);
  const manifest = encoder.value(value);
  let chunk: Uint8Array[] = [headerFor(manifest.hash)];
  let bytes = 0;
  const given = new Set<Hash>();
  const add = (hash: Hash, block: Uint8Array) => {
    given.add(hash);
    chunk.push(sectionOf(hash, block));
    bytes += block.length;
    return bytes >= CHUNK_BYTES;
  };
  const take = () => {
    const whole = Buffer.concat(chunk);
    chunk = [];
    bytes = 0;
    return whole;
  };
  for (const [hash, { block }] of freshBlocks(manifest)) if (add(hash, block)) yield take();
  const commits = heads.flatMap(({ versions }) => versions.map(({ commit }) => commit));
  const isGiven = (hash: Hash) => given.has(hash);
  for (const { hash, block } of closureOf(commits.reverse(), isGiven, (one) => store.blocks.get(one))) {
    if (block === undefined) {
      const text = `Block ${hash}, which these heads rest on, is not on this machine.`;
      throw new HeliosError('MISSING_BLOCK', text, { details: { hashes: [hash] } });
    }
    if (add(hash, block)) yield take();
  }
  if (chunk.length > 0) yield take();
}
