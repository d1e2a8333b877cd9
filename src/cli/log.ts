/** `helios log`: the versions of one name, newest first, and how much each changed. */
import type { Command } from 'commander';
import type { Helios, Version } from '../index.js';
import type { Io } from './io.js';
import { jsonText } from './jsonText.js';
import { versionJson } from './ls.js';
import { withStore } from './openStore.js';
import { positiveInteger, settle, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { coloursFor } from './screen/colours.js';
import { writeColumns } from './screen/columns.js';
import { printable } from './screen/printable.js';
import { countText, timeText } from './screen/units.js';

interface LogOptions {
  readonly limit?: number;
  readonly json?: true;
}

interface Logged {
  readonly version: Version;
  /** Changes against the version before; null when that one isn't there. */
  readonly changes: number | null;
}

/** Changes of one version that are counted; a version with more says so. */
const COUNTED_MAX = 1_000;
/** Hex digits of a root that a person needs to tell it from others. */
const SHORT_ROOT = 12;

const EXAMPLES = `
Examples:
  $ helios log agents/7
  $ helios log agents/7 --limit 5
  $ helios log agents/7 --json | jq -r .root`;

export function addLog(program: Command, io: Io): void {
  withCommonOptions(program.command('log'))
    .description('List the versions of an object, newest first.')
    .argument('<name>', 'name of the object')
    .option('--limit <n>', 'so many at most', positiveInteger)
    .option(
      '--json',
      `one JSON object a line; \`changes\` counts to ${COUNTED_MAX}, \`changesAtLeast\` says that there are more`,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, options: LogOptions, command: Command) => {
      const settings = await settle(command, io);
      await withStore(settings, 'read', (helios) => log(helios, name, options, io));
    });
}

async function log(helios: Helios, name: string, options: LogOptions, io: Io): Promise<void> {
  const out = outputTo(io.stdout);
  await helios.load(name); // says which name was meant, where this one doesn't exist
  const labels = labelsOf(await helios.checkpoints(name));
  const logged = describeEach(helios, name, options.limit ?? Infinity, io.signal);
  if (options.json === true) {
    for await (const { version, changes } of logged) {
      await out.line(jsonText({ ...loggedJson(version, changes), labels: labels.get(version.version) ?? [] }));
    }
  } else {
    const rows = async function* () {
      for await (const { version, changes } of logged) {
        yield [
          String(version.version),
          version.root.slice(0, SHORT_ROOT),
          timeText(version.at),
          String(version.weight),
          changesText(changes),
          printable(messageText(version, labels)),
        ];
      }
    };
    const columns = [
      { title: 'VERSION', align: 'right' },
      { title: 'ROOT' },
      { title: 'TIME' },
      { title: 'WEIGHT', align: 'right' },
      { title: 'CHANGES', align: 'right' },
      { title: 'MESSAGE' },
    ] as const;
    await writeColumns(out, columns, rows(), coloursFor(io.stdout, io.env).bold);
  }
  await out.flush();
}

async function* describeEach(helios: Helios, name: string, limit: number, signal: AbortSignal): AsyncGenerator<Logged> {
  let newer: Version | undefined;
  let left = limit;
  // One more than asked for: the oldest one shown is compared as well.
  for await (const version of helios.history(name, limit === Infinity ? {} : { limit: limit + 1 })) {
    signal.throwIfAborted();
    if (newer !== undefined) {
      yield { version: newer, changes: await countChanges(helios, version, newer) };
      left--;
    }
    newer = version;
  }
  if (newer !== undefined && left > 0) yield { version: newer, changes: null };
}

function labelsOf(checkpoints: ReadonlyMap<string, Version>): ReadonlyMap<number, readonly string[]> {
  const labels = new Map<number, string[]>();
  for (const [label, { version }] of checkpoints) labels.set(version, [...(labels.get(version) ?? []), label]);
  return labels;
}

function messageText({ version, message = '' }: Version, labels: ReadonlyMap<number, readonly string[]>): string {
  const own = (labels.get(version) ?? []).map((label) => `[${label}]`);
  return [...own, ...(message === '' ? [] : [message])].join(' ');
}

/** At most one more than COUNTED_MAX. */
async function countChanges(helios: Helios, before: Version, after: Version): Promise<number> {
  if (before.root === after.root) return 0;
  const older = await helios.load(before.name, { version: before.version });
  const newer = await helios.load(after.name, { version: after.version });
  let count = 0;
  for (const _ of older.diff(newer)) if (++count > COUNTED_MAX) break;
  return count;
}

function changesText(changes: number | null): string {
  if (changes === null) return '–';
  return changes > COUNTED_MAX ? `>${countText(COUNTED_MAX)}` : countText(changes);
}

function loggedJson(version: Version, changes: number | null): Record<string, unknown> {
  if (changes === null || changes <= COUNTED_MAX) return { ...versionJson(version), changes };
  return { ...versionJson(version), changes: COUNTED_MAX, changesAtLeast: true };
}
