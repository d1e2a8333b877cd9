/**
 * Claim: an agent of 2 KB becomes a block with its name, and again a value, in about the time that msgpackr with shared
 * structures and BLAKE3 take, which is neither canonical nor exact. Different agents in turn, no store on disk. The codec
 * alone comes first, then what a program calls: `create` with its root, and `materialize` out of a store in memory.
 */
import { hash } from 'blake3';
import { Packr } from 'msgpackr';
import { Helios } from '../dist/index.js';
import { createEncoder, Decoder } from '../dist/state/index.js';
import { verify } from '../dist/store/index.js';
import { agent } from './agents.mjs';
import { freeze } from './by-hand.mjs';

export const name = 'encode';
export const claim =
  'an agent of 2 KB is encoded and named, verified and decoded, as quickly as by msgpackr and BLAKE3';

const SIZE = { full: { agents: 4_000, operations: 800 }, quick: { agents: 500, operations: 800 } };
const ROUNDS = 31;
/** Holds a few hundred agents of the thousands that are read in turn: none is met in it. */
const SMALL_CACHE_BYTES = 1024 * 1024;

export async function run(bench) {
  const { agents: count, operations } = bench.isQuick ? SIZE.quick : SIZE.full;
  const agents = Array.from({ length: count }, (_, number) => agent(number));
  const helios = await Helios.open({ store: 'memory', memoryBytes: SMALL_CACHE_BYTES });
  const encoder = createEncoder();
  const decoder = new Decoder();
  const packr = new Packr({ structures: [] });

  const ours = agents.map((value) => {
    const { hash: name, fresh } = encoder.value(value);
    return { name, block: Buffer.from(fresh.block) };
  });
  const theirs = agents.map((value) => {
    const block = Buffer.from(packr.pack(value));
    return { key: hash(block), block };
  });
  const references = [];
  for (const value of agents) {
    const { name: saved } = await helios.create('record', value).save(`agents/${value.id}`);
    references.push(await helios.load(saved));
  }

  const packed = 'msgpackr shared, BLAKE3';
  const unpack = ({ key, block }) => {
    if (!hash(block).equals(key)) throw new Error('The block is damaged.');
    return packr.unpack(block);
  };
  const contest = async (label, subject, run, peer, runPeer) => {
    const sides = {
      subject: { name: subject, run: (index) => run(index % count) },
      peer: { name: peer, run: (index) => runPeer(index % count) },
    };
    await bench.compare(label, { ...sides, operations, rounds: ROUNDS });
  };

  const pack = (at) => hash(packr.pack(agents[at]));
  await contest('encode, hash', 'the encoder alone', (at) => encoder.value(agents[at]), packed, pack);
  const create = (at) => helios.create('record', agents[at]).root;
  const packHex = (at) => pack(at).toString('hex');
  await contest('create, root', 'helios.create(…).root', create, `${packed} in hex`, packHex);

  const decode = (at) => {
    const { name, block } = ours[at];
    verify(name, block);
    return decoder.open(name, block).value();
  };
  const restore = (at) => references[at].materialize();
  for (const [peer, unpackOne] of [
    [packed, (at) => unpack(theirs[at])],
    [`${packed}, frozen`, (at) => freeze(unpack(theirs[at]))],
  ]) {
    await contest('verify, decode', 'the decoder alone', decode, peer, unpackOne);
    await contest('materialize', 'ref.materialize()', restore, peer, unpackOne);
  }
  await helios.close();
}
