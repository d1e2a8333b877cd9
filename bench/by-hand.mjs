/**
 * The peer: what a careful programmer writes by hand with the same parts. Objects in LMDB under their BLAKE3 hash, in
 * msgpackr with shared structures; names in a table of their own. Each read is verified, as Helios does. It can be told
 * to freeze what it gives, as Helios always does, or not to.
 *
 * What it lacks beside Helios: branches, edits that share, versions, types, one restoration for many askers, a bound on
 * its memory, and answers that equal what was stored in every case (msgpackr changes -0 and lone surrogates).
 */
import { hash } from 'blake3';
import { open } from 'lmdb';
import { Packr } from 'msgpackr';

export function openByHand(directory, { isFreezing }) {
  const environment = open({ path: directory, noSubdir: false, maxDbs: 4 });
  const blocks = environment.openDB({ name: 'blocks', encoding: 'binary', keyEncoding: 'binary' });
  const heads = environment.openDB({ name: 'heads', encoding: 'binary' });
  const packr = new Packr({ structures: [] });
  const cache = new Map();

  const restore = (key) => {
    const block = blocks.getBinaryFast(key);
    if (block === undefined) throw new Error('There is no such block.');
    const bytes = block.subarray(0, block.length); // blake3 refuses LMDB's own kind of buffer
    if (!hash(bytes).equals(key)) throw new Error('The block is damaged.');
    const value = packr.unpack(bytes);
    return isFreezing ? freeze(value) : value;
  };
  return {
    /** @returns the object's key */
    async save(name, value) {
      const block = packr.pack(value);
      const key = Buffer.from(hash(block));
      blocks.put(key, block);
      await heads.put(name, key);
      return key;
    },
    restore,
    /** From a cache without bound, by the key in hex. */
    cached(hex, key) {
      const known = cache.get(hex);
      if (known !== undefined) return known;
      const value = restore(key);
      cache.set(hex, value);
      return value;
    },
    /** By name, as a program asks: what the name points at now, and that. */
    async request(name) {
      return restore(heads.getBinary(name));
    },
    async requestCached(name) {
      const key = heads.getBinary(name);
      const hex = key.toString('hex');
      const known = cache.get(hex);
      if (known !== undefined) return known;
      const value = restore(key);
      cache.set(hex, value);
      return value;
    },
    close: () => environment.close(),
  };
}

export function freeze(value) {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const key of Object.keys(value)) freeze(value[key]);
  return Object.freeze(value);
}
