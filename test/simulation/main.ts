/** What `npm run simulate` runs: one simulation, its trace and its verdict on the output. */
import { parseArgs } from 'node:util';
import { simulate } from './run.js';

const USAGE = `npm run simulate -- [--seed N] [--steps M] [--quiet]

Runs supervisors, workers and clients in one process, in virtual time, over a network and a journal with faults, and
checks what must hold. The same seed and steps make the same trace.

  --seed N    what happens; a whole number, 0 or more (default 1)
  --steps M   how many things are done to the cluster before all is made well (default 60)
  --quiet     the verdict alone, without the trace`;

const options = {
  seed: { type: 'string', default: '1' },
  steps: { type: 'string', default: '60' },
  quiet: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function readOptions() {
  const { values } = parseArgs({ options });
  const [seed, steps] = [Number(values.seed), Number(values.steps)];
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new TypeError(`--seed is a whole number, 0 or more; got ${values.seed}.`);
  if (!Number.isSafeInteger(steps) || steps < 1)
    throw new TypeError(`--steps is a whole number, 1 or more; got ${values.steps}.`);
  return { seed, steps, isQuiet: values.quiet, isHelp: values.help };
}

async function main(): Promise<void> {
  const { seed, steps, isQuiet, isHelp } = readOptions();
  if (isHelp) return console.log(USAGE);
  const startedAt = performance.now();
  const lines: string[] = [];
  // Many lines at once: one write each would take longer than the simulation.
  const flush = () => lines.length > 0 && process.stdout.write(`${lines.splice(0).join('\n')}\n`);
  const print = (line: string) => lines.push(line) >= LINES_A_WRITE && flush();
  const { faults, digest, history } = await simulate({ seed, steps, isTraced: true, ...(isQuiet ? {} : { print }) });
  flush();
  for (const fault of faults) console.log(`wrong: ${fault}`);
  const { durables, calls, crashes, endedAt } = history;
  const what = `${durables.size} durable requests, ${calls.length} calls, ${crashes.length} crashes in ${(endedAt / 1_000).toFixed(1)} s of its time`;
  console.log(
    `seed ${seed}, ${steps} steps: ${what}; ${faults.length === 0 ? 'all holds' : `${faults.length} faults`}`,
  );
  console.log(`trace ${digest}`);
  console.error(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  if (faults.length > 0) process.exitCode = 1;
}

const LINES_A_WRITE = 1_000;

try {
  await main();
} catch (error) {
  console.error(error instanceof TypeError ? `${error.message}\n\n${USAGE}` : error);
  process.exitCode = 2;
}
