/**
 * Step 4, first half: which priorities may materialize at which memory pressure. The pressure is forced, and time is
 * moved by hand, so that each answer is that of a machine which has been under this pressure for a while.
 */
import { Helios } from '../../helios.js';
import { Runtime } from '../../runtime.js';
import { openStore } from '../../store/index.js';
import { createManualClock, forcePressure } from '../../testing/index.js';
import type { Colours } from '../screen/colours.js';
import { type Checks, must } from './checks.js';
import type { Stage } from './stage.js';

export interface Sweep {
  /** Most important first. */
  readonly priorities: readonly number[];
  /** Rising. */
  readonly pressures: readonly number[];
  /** By priority, then by pressure. */
  readonly passes: readonly (readonly boolean[])[];
}

const PRIORITIES = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
const PRESSURES = [
  ...[0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5],
  ...[0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95],
];
/** Milliseconds for which each pressure lasts: until its trend is forgotten and the level has settled. */
const LASTS_MS = 60_000;
/** An agent, neither urgent nor not. */
const ESTIMATED_BYTES = 2_048;
const URGENCY = 0.5;
const HEAP_BYTES = 1024 ** 3;

export async function sweep(stage: Stage, checks: Checks): Promise<Sweep> {
  const clock = createManualClock();
  const store = openStore('memory');
  const helios = Helios.over(
    new Runtime({ store, types: [], memory: { heapLimitBytes: HEAP_BYTES }, onError: () => {}, clock }),
  );
  try {
    const columns = PRESSURES.map((pressure) => {
      forcePressure(helios, pressure);
      clock.advance(LASTS_MS);
      return PRIORITIES.map((priority) => helios.shouldMaterialize(priority, ESTIMATED_BYTES, URGENCY));
    });
    const passes = PRIORITIES.map((_, row) => columns.map((column) => column[row] === true));
    const drawn = { priorities: PRIORITIES, pressures: PRESSURES, passes };
    for (const line of staircase(drawn, stage.colours)) await stage.say(`  ${line}`);
    await prove(drawn, stage, checks);
    return drawn;
  } finally {
    await helios.close();
  }
}

async function prove({ passes }: Sweep, stage: Stage, checks: Checks): Promise<void> {
  const monotone = checks.claim('more pressure never lets more pass, and more priority never less');
  const ends = checks.claim('with memory to spare all pass; at the highest pressure the most important still do');
  monotone.prove(() => {
    for (const [row, cells] of passes.entries()) {
      for (const [column, isPassing] of cells.entries()) {
        if (!isPassing) continue;
        must(column === 0 || cells[column - 1] === true, `row ${row} lets more pass under more pressure`);
        must(row === 0 || passes[row - 1]?.[column] === true, `row ${row} passes where a higher priority does not`);
      }
    }
  });
  ends.prove(() => {
    must(
      passes.every(([first]) => first === true),
      'something is refused with memory to spare',
    );
    must(passes[0]?.at(-1) === true, 'the most important is refused');
    must(passes.at(-1)?.at(-1) === false, 'the least important passes at the highest pressure');
  });
  await stage.judge(monotone, ends);
}

/** The sweep as a picture: a column for each pressure in percent, a row for each priority. */
function staircase({ priorities, pressures, passes }: Sweep, colours: Colours): readonly string[] {
  const percent = pressures.map((pressure) => String(Math.round(pressure * 100)).padStart(2));
  const rows = priorities.map((priority, row) => {
    const cells = (passes[row] ?? []).map((isPassing) => (isPassing ? colours.green('██') : colours.dim('··')));
    return `priority ${priority.toFixed(1)}  ${cells.join(' ')}`;
  });
  return [`pressure %    ${percent.join(' ')}`, ...rows];
}
