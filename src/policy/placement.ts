/**
 * Who of several workers should restore an object: the same one each time, so that what it has cached is used, and
 * nobody needs to be told who that is. Rendezvous hashing: each pair of object and worker has a number of its own, the
 * highest wins; a worker that comes or goes moves only the objects that it wins or had won. Load never enters the
 * numbers. Pure; knows nothing of how work gets there.
 */

/** A worker that is alive and could restore the object. */
export interface Candidate {
  readonly name: string;
  /** `placementHash` of its name. */
  readonly seed: number;
  /** How much more it takes now, as far as is known; 0 or below: nothing. */
  readonly free: number;
}

/** 32 bits of a text, for objects (their name, else their root) and for names of workers. */
export function placementHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mixed(hash);
}

/**
 * The worker that an object goes to: its first candidate, when that one is full its second, when both are full whoever
 * has most room, so that what everybody asks for at once is let spread.
 * @returns `undefined` when nobody has room
 */
export function placed<C extends Candidate>(object: number, candidates: Iterable<C>): C | undefined {
  let first: C | undefined;
  let firstRank = -1;
  let second: C | undefined;
  let secondRank = -1;
  let roomiest: C | undefined;
  for (const candidate of candidates) {
    const rank = affinity(object, candidate.seed);
    if (first === undefined || isAhead(rank, candidate, firstRank, first)) {
      second = first;
      secondRank = firstRank;
      first = candidate;
      firstRank = rank;
    } else if (second === undefined || isAhead(rank, candidate, secondRank, second)) {
      second = candidate;
      secondRank = rank;
    }
    if (roomiest === undefined || candidate.free > roomiest.free) roomiest = candidate;
  }
  for (const choice of [first, second, roomiest]) if (choice !== undefined && choice.free > 0) return choice;
  return undefined;
}

/** The number of a pair, 0 to 2^32 - 1. */
export function affinity(object: number, worker: number): number {
  return mixed(Math.imul(object ^ worker, 0x9e3779b1) ^ Math.imul(worker, 0x85ebca77));
}

/** Two workers whose numbers are the same stand by their names, so that all who place agree. */
function isAhead(rank: number, candidate: Candidate, otherRank: number, other: Candidate): boolean {
  return rank === otherRank ? candidate.name < other.name : rank > otherRank;
}

/** The last step of MurmurHash3: every bit of the input moves every bit of the result. */
function mixed(bits: number): number {
  let hash = bits ^ (bits >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
