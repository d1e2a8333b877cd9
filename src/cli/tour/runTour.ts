/**
 * The tour from its first step to its last: real objects saved, branched, edited and asked for in one process, with every
 * claim checked. All figures are measured in this very run. The store is kept for the reader to look into.
 */
import { Helios } from '../../index.js';
import { EXIT } from '../exit.js';
import type { Io } from '../io.js';
import { bytesOnDisk } from '../openStore.js';
import { durationText } from '../screen/units.js';
import { branchAll } from './branching.js';
import { Checks } from './checks.js';
import { clearTour, markDone, markTour } from './directory.js';
import { importAll } from './importing.js';
import { nextLines } from './next.js';
import { type Report, reportJson, summaryTable } from './report.js';
import { askForAll, askingText } from './requesting.js';
import { squeeze } from './squeezing.js';
import { stageOn } from './stage.js';
import { sweep } from './sweeping.js';
import type { TourInput } from './tourInput.js';

export interface TourOptions {
  /** Says nothing but the report, as one JSON document. */
  readonly asJson?: boolean;
  /** How often is asked at least, of each kind; by default enough for a p99. */
  readonly samplesMin?: number;
  /** The program of the process that fills its heap. */
  readonly heapHolder?: URL;
}

/**
 * @returns the exit code: 0 only when every claim held
 * @throws HeliosError `INVALID_REQUEST` when `input.storeDir` is anything but an earlier tour's; the reason of
 *   `io.signal` when that is aborted
 */
export async function runTour(input: TourInput, io: Io, options: TourOptions = {}): Promise<number> {
  const { asJson = false, heapHolder = new URL('./heapHolder.js', import.meta.url) } = options;
  const stage = stageOn(io, { isQuiet: asJson });
  const checks = new Checks();
  const startedAt = performance.now();
  const step = (number: number, title: string) => stage.say(`\n${stage.colours.bold(`${number}  ${title}`)}`);
  const { storeDir } = input;
  clearTour(storeDir);
  try {
    await step(1, 'Stored once: releases as versions of one object, and a population');
    const { sharing, branching } = await inNewStore(storeDir, async (helios) => {
      const sharing = await importAll(helios, input, stage, checks);
      await step(2, 'Branched and edited: ten agents, a hundred branches each');
      return { sharing, branching: await branchAll(helios, input, stage, checks) };
    });

    await step(3, 'Materialized on request: request actor, supervisor, worker');
    const asking = await askForAll(input, stage, checks, options.samplesMin);
    await stage.say(`  ${askingText(asking)}; ×10 below: by ten at once, until the last of them has it`);

    await step(4, 'Only as memory allows: which priorities pass, and what a full heap does');
    const swept = await sweep(stage, checks);
    const moves = await squeeze({ storeDir, program: heapHolder, signal: io.signal }, stage, checks);

    const elapsedUs = (performance.now() - startedAt) * 1_000;
    const report: Report = {
      ...{ sharing, branching, asking, sweep: swept, moves, checks: checks.all },
      ...{ allHold: checks.allHold, elapsedUs, diskBytes: bytesOnDisk(storeDir) },
      peakRssBytes: process.resourceUsage().maxRSS * 1_024,
    };
    for (const line of [...summaryTable(report, stage.colours), '']) await stage.say(line);
    const held = report.checks.filter(({ holds }) => holds).length;
    const verdict = `${held} of ${report.checks.length} checks held, in ${durationText(elapsedUs)}`;
    await stage.say(checks.allHold ? stage.colours.green(`✓ ${verdict}`) : stage.colours.red(`✗ ${verdict}`));

    await step(5, 'What to try next');
    for (const line of nextLines(input, io.cwd)) await stage.say(`  ${line}`);
    if (asJson) await stageOn(io, { isQuiet: false }).say(reportJson(report));
    return checks.allHold ? EXIT.ok : EXIT.failed;
  } finally {
    stage.end();
    markDone(storeDir);
  }
}

async function inNewStore<T>(storeDir: string, work: (helios: Helios) => Promise<T>): Promise<T> {
  const helios = await Helios.open({ store: storeDir });
  try {
    markTour(storeDir);
    return await work(helios);
  } finally {
    await helios.close();
  }
}
