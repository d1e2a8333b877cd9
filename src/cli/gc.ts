/** `helios gc`: frees the blocks that no name, no kept version and nothing that was let go of lately holds. */
import { type Command, InvalidArgumentError } from 'commander';
import type { CollectReport, Helios } from '../index.js';
import type { Io } from './io.js';
import { withStore } from './openStore.js';
import { settle, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { progressOn } from './screen/progress.js';
import { bytesText, countText, durationText } from './screen/units.js';

interface GcOptions {
  readonly grace?: number;
  readonly json?: true;
}

const EXAMPLES = `
What was let go of within the grace time stays: deleted names, and versions that newer ones have pushed out. Other
processes may go on writing. The file doesn't shrink: what is freed is used again.

Examples:
  $ helios gc
  $ helios gc --grace 0                     also what was let go of just now
  $ helios gc --grace 2h --json`;

const UNITS_MS: Readonly<Record<string, number>> = { '': 1_000, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function addGc(program: Command, io: Io): void {
  withCommonOptions(program.command('gc'))
    .description('Free what no name and no kept version holds any more.')
    .option('--grace <time>', 'how long what was let go of stays: 90 (seconds), 15m, 2h, 1d (default: 15m)', graceMs)
    .option('--json', 'the report as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (options: GcOptions, command: Command) => {
      const settings = await settle(command, io);
      const grace = options.grace === undefined ? {} : { graceMs: options.grace };
      await withStore(settings, 'read', (helios) => gc(helios, options.json === true, io), grace);
    });
}

async function gc(helios: Helios, asJson: boolean, io: Io): Promise<void> {
  const { blocks } = helios.stats().store;
  // Twice each: once to find what is held, once to find what isn't.
  const progress = progressOn(io, { label: 'gc', counted: 'blocks', total: 2 * blocks, unit: 'pieces' });
  let report: CollectReport;
  try {
    report = await helios.collect({
      signal: io.signal,
      onProgress: ({ phase, blocks: done }) => progress.at(phase === 'mark' ? done : blocks + done, done),
    });
  } finally {
    progress.end();
  }
  const out = outputTo(io.stdout);
  const left = helios.stats().store;
  const { blocksFreed, bytesFreed, durationMs } = report;
  await out.line(
    asJson
      ? JSON.stringify({ ...report, blocks: left.blocks, bytes: left.bytes })
      : `Freed ${countText(blocksFreed)} blocks, ${bytesText(bytesFreed)}, in ${durationText(durationMs * 1_000)}; ${countText(left.blocks)} blocks, ${bytesText(left.bytes)}, are held.`,
  );
  await out.flush();
}

function graceMs(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text) ?? [];
  const factor = UNITS_MS[unit];
  if (amount !== '' && factor !== undefined) return Number(amount) * factor;
  throw new InvalidArgumentError('It must be a time: a number of seconds, or with m, h or d for minutes, hours, days.');
}
