/** `helios ls`: the names in a store, with what they point at now. */
import type { Command } from 'commander';
import type { Helios, Version } from '../index.js';
import type { Io } from './io.js';
import { jsonText } from './jsonText.js';
import { withStore } from './openStore.js';
import { positiveInteger, settle, withCommonOptions } from './options.js';
import { type Output, outputTo } from './output.js';
import { coloursFor } from './screen/colours.js';
import { type Column, writeColumns } from './screen/columns.js';
import { printable } from './screen/printable.js';
import { ageText, bytesText } from './screen/units.js';

interface LsOptions {
  readonly type?: string;
  readonly limit?: number;
  readonly after?: string;
  readonly bytes?: true;
  readonly json?: true;
}

/** A version, and what one had to read the state for. */
interface Listed {
  readonly version: Version;
  readonly bytes?: number;
}

const EXAMPLES = `
Examples:
  $ helios ls
  $ helios ls agents/ --limit 20
  $ helios ls --type agent --bytes
  $ helios ls --json | jq -r .name
  $ helios ls --after agents/7 --limit 100    the next page`;

export function addLs(program: Command, io: Io): void {
  withCommonOptions(program.command('ls'))
    .description('List the names in a store, in order, with their versions.')
    .argument('[prefix]', 'only names that begin so')
    .option('--type <type>', 'only objects of this type')
    .option('--limit <n>', 'so many at most', positiveInteger)
    .option('--after <name>', 'only names that come after this one')
    .option('--bytes', 'also how large each object is (reads each)')
    .option('--json', 'one JSON object a line, with full roots and times')
    .addHelpText('after', EXAMPLES)
    .action(async (prefix: string | undefined, options: LsOptions, command: Command) => {
      const settings = await settle(command, io);
      await withStore(settings, 'read', (helios) => list(helios, prefix, options, io));
    });
}

async function list(helios: Helios, prefix: string | undefined, options: LsOptions, io: Io): Promise<void> {
  const out = outputTo(io.stdout);
  const { type, limit, after } = options;
  const versions = helios.list({
    ...(prefix === undefined ? {} : { prefix }),
    ...(type === undefined ? {} : { type }),
    ...(limit === undefined ? {} : { limit }),
    ...(after === undefined ? {} : { after }),
  });
  const listed = describeEach(helios, versions, options.bytes === true, io.signal);
  if (options.json === true) {
    for await (const { version, bytes } of listed) {
      await out.line(jsonText({ ...versionJson(version), ...(bytes === undefined ? {} : { bytes }) }));
    }
  } else {
    await writeTable(out, listed, options.bytes === true, io);
  }
  await out.flush();
}

async function* describeEach(
  helios: Helios,
  versions: AsyncIterable<Version>,
  withBytes: boolean,
  signal: AbortSignal,
): AsyncGenerator<Listed> {
  for await (const version of versions) {
    signal.throwIfAborted();
    // Deleted while we list: it was there when it was listed, and its size is gone.
    const reference = withBytes ? await helios.find(version.name) : null;
    yield reference === null ? { version } : { version, bytes: reference.bytes };
  }
}

async function writeTable(out: Output, listed: AsyncIterable<Listed>, withBytes: boolean, io: Io): Promise<void> {
  const columns: Column[] = [
    { title: 'NAME' },
    { title: 'VERSION', align: 'right' },
    { title: 'TYPE' },
    ...(withBytes ? [{ title: 'BYTES', align: 'right' } as const] : []),
    { title: 'AGE', align: 'right' },
    { title: 'WEIGHT', align: 'right' },
  ];
  const now = io.now();
  const rows = async function* () {
    for await (const { version, bytes } of listed) {
      const size = bytes === undefined ? '' : bytesText(bytes);
      const { name, type, weight, at } = version;
      yield [
        printable(name),
        String(version.version),
        type,
        ...(withBytes ? [size] : []),
        ageText(now - at.getTime()),
        String(weight),
      ];
    }
  };
  await writeColumns(out, columns, rows(), coloursFor(io.stdout, io.env).bold);
}

/** A version as programs read it: the time as ISO text, as events have it. */
export function versionJson(version: Version): Record<string, unknown> {
  return { ...version, at: version.at.toISOString() };
}
