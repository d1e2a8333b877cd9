/**
 * Holds a population of agents, as references with their values materialized or as plain copies, and prints what that
 * takes: `population.mjs helios|plain AGENTS TEMPLATES`. Each agent has the 20 KB of prompt and tools of its template,
 * and 1 KB that is its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Helios } from '../../dist/index.js';

const [side, agentsText, templatesText] = process.argv.slice(2);
const agents = Number(agentsText);
const templates = Number(templatesText);
const SAVES_TOGETHER = 500;
const PROMPT_WORDS = 1_100;
const TOOLS = 24;
const MEMORIES = 12;

const folder = mkdtempSync(join(tmpdir(), 'helios-bench-'));
const kept = side === 'helios' ? await holdReferences(join(folder, 'store')) : holdCopies();
const after = heldBytes();
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ heldBytes: after - kept.before, held: kept.values.length, saved: kept.saved }));
process.exit(0);

async function holdReferences(store) {
  const helios = await Helios.open({ store });
  // What a process takes that has opened a store and hashed once, it takes without agents as well.
  helios.create('record', agent(0));
  const before = heldBytes();
  let alone = 0;
  for (let from = 0; from < agents; from += SAVES_TOGETHER) {
    const references = [];
    for (let number = from; number < Math.min(agents, from + SAVES_TOGETHER); number++) {
      const reference = helios.create('record', agent(number));
      alone += reference.bytes;
      references.push(reference.save(`agents/${number}`));
    }
    await Promise.all(references);
  }
  const values = [];
  for (let number = 0; number < agents; number++) values.push((await helios.load(`agents/${number}`)).materialize());
  return { values, saved: 1 - helios.stats().store.bytes / alone, helios, before };
}

function holdCopies() {
  const before = heldBytes();
  const values = [];
  // Out of JSON, as they would come from a database: no two share anything.
  for (let number = 0; number < agents; number++) values.push(JSON.parse(JSON.stringify(agent(number))));
  return { values, saved: 0, before };
}

function heldBytes() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

function agent(number) {
  return {
    id: number,
    template: template(number % templates),
    memory: Array.from({ length: MEMORIES }, (_, at) => ({ at, what: words(number * MEMORIES + at, 10) })),
  };
}

function template(number) {
  return {
    name: `template-${number}`,
    prompt: words(number, PROMPT_WORDS),
    tools: Array.from({ length: TOOLS }, (_, at) => ({
      name: `tool_${number}_${at}`,
      description: words(number * TOOLS + at, 60),
      parameters: { type: 'object', properties: { query: { type: 'string' }, limit: { type: 'number' } } },
    })),
  };
}

/** The same for the same seed. */
function words(seed, count) {
  let state = (seed + 1) * 2_654_435_761;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 1) >>> 0;
    return state.toString(36).slice(0, 6);
  };
  return Array.from({ length: count }, next).join(' ');
}
