/**
 * Agents of 2 KB, as plain data: position, goals, fourteen small memories, some text. The same number gives the same
 * agent, so that every side and every run meets the same ones.
 */

const WORDS = 'fox river stone market harvest letter night lantern bridge winter song promise road island'.split(' ');
const MEMORIES = 14;
const DIARY_WORDS = 190;

export function agent(number) {
  const random = randomFrom(number + 1);
  const word = () => WORDS[Math.floor(random() * WORDS.length)];
  return {
    id: number,
    name: `${word()}-${number}`,
    position: { x: random() * 1_000, y: random() * 1_000, area: word() },
    hp: Math.floor(random() * 100),
    goals: [
      { what: `find the ${word()}`, weight: random() },
      { what: `keep the ${word()}`, weight: random() },
    ],
    memory: Array.from({ length: MEMORIES }, (_, at) => ({
      at: at * 60 + Math.floor(random() * 60),
      kind: random() < 0.5 ? 'saw' : 'heard',
      what: `${word()} ${word()}`,
      weight: random(),
    })),
    diary: Array.from({ length: DIARY_WORDS }, word).join(' '),
  };
}

/** Regions of agents, as records in a record: about 2 KB an agent. */
export function world(regions, agents) {
  return record(regions, 'region', (region) => record(agents, 'agent', (one) => agent(region * agents + one)));
}

/** `count` entries, under `noun-0` and so on. */
export function record(count, noun, make) {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${noun}-${index}`, make(index)]));
}

/** `count` numbers from 0 on, in random order, the same each time. */
export function shuffled(count) {
  const random = randomFrom(7);
  const numbers = Uint32Array.from({ length: count }, (_, index) => index);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [numbers[at], numbers[other]] = [numbers[other], numbers[at]];
  }
  return numbers;
}

/** Mulberry32: small, and good enough to make data from. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
