/** `helios stats`: what a store holds, by type, and how much room it takes. */
import Table from 'cli-table3';
import type { Command } from 'commander';
import type { Helios, SharingReport, Version } from '../index.js';
import type { Runtime } from '../runtime.js';
import type { Io } from './io.js';
import { jsonText } from './jsonText.js';
import { bytesOnDisk, withStore } from './openStore.js';
import { settle, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { type Colours, coloursFor } from './screen/colours.js';
import { printable } from './screen/printable.js';
import { progressOn } from './screen/progress.js';
import { bytesText, countText, shareText } from './screen/units.js';

interface StatsOptions {
  readonly bytes?: true;
  readonly sharing?: true;
  readonly json?: true;
}

interface TypeFigures {
  objects: number;
  /** Of all objects of the type together. */
  versions: number;
  /** Bytes of all these versions, each counted as if it were alone; absent unless asked for. */
  logicalBytes?: number;
  /** Whether the config knows the type, so that its objects can be materialized here. */
  readonly isKnown: boolean;
}

interface Figures {
  readonly directory: string;
  readonly id: string;
  readonly blocks: number;
  /** Bytes in blocks. */
  readonly bytes: number;
  /** Bytes of the files, with what LMDB needs and keeps free. */
  readonly diskBytes: number;
  readonly types: Readonly<Record<string, TypeFigures>>;
  /** What the newest versions have in common; absent unless asked for. */
  readonly sharing?: SharingReport;
}

const EXAMPLES = `
Examples:
  $ helios stats
  $ helios stats --bytes          also logical bytes, and what sharing saves (looks at each version)
  $ helios stats --sharing        how often components are held (looks at each block)
  $ helios stats --json | jq .types.agent.objects`;

export function addStats(program: Command, io: Io): void {
  withCommonOptions(program.command('stats'))
    .description('Show what a store holds: blocks, bytes, objects and versions by type.')
    .option('--bytes', 'also the logical bytes of all versions, and the share that is saved')
    .option('--sharing', 'also what the newest versions have in common')
    .option('--json', 'one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (options: StatsOptions, command: Command) => {
      const settings = await settle(command, io);
      const figures = await withStore(settings, 'read', (helios, runtime) =>
        measure(helios, runtime, settings.storeDir, options, io),
      );
      const out = outputTo(io.stdout);
      if (options.json === true) await out.line(jsonText(figures));
      else await out.line(drawn(figures, coloursFor(io.stdout, io.env)));
      await out.flush();
    });
}

async function measure(
  helios: Helios,
  { types: known, store }: Runtime,
  directory: string,
  options: StatsOptions,
  io: Io,
): Promise<Figures> {
  const types = new Map<string, TypeFigures>();
  const progress = progressOn(io, { label: 'stats', counted: 'objects', total: 0, unit: 'pieces' });
  let count = 0;
  try {
    for await (const version of helios.list()) {
      io.signal.throwIfAborted();
      const figures = types.get(version.type) ?? {
        objects: 0,
        versions: 0,
        isKnown: known.get(version.type) !== undefined,
      };
      types.set(version.type, figures);
      figures.objects++;
      figures.versions += version.version;
      if (options.bytes === true)
        figures.logicalBytes = (figures.logicalBytes ?? 0) + (await bytesOfVersions(helios, version, io.signal));
      progress.at(++count, count);
    }
  } finally {
    progress.end();
  }
  const { blocks, bytes } = helios.stats().store;
  const byName = [...types].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    directory,
    id: store.id,
    blocks,
    bytes,
    diskBytes: bytesOnDisk(directory),
    types: Object.fromEntries(byName),
    ...(options.sharing === true ? { sharing: await sharingIn(helios, blocks, io) } : {}),
  };
}

async function sharingIn(helios: Helios, blocks: number, io: Io): Promise<SharingReport> {
  const progress = progressOn(io, { label: 'sharing', counted: 'components', total: blocks, unit: 'pieces' });
  try {
    const onProgress = (components: number) => progress.at(components, components);
    return await helios.sharing({ signal: io.signal, onProgress });
  } finally {
    progress.end();
  }
}

async function bytesOfVersions(helios: Helios, latest: Version, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for await (const { version } of helios.history(latest.name)) {
    signal.throwIfAborted();
    bytes += (await helios.load(latest.name, { version })).bytes;
  }
  return bytes;
}

function drawn(figures: Figures, colours: Colours): string {
  const { blocks, bytes, diskBytes, directory, types } = figures;
  const store: [string, string][] = [
    ['Store', printable(directory)],
    ['Blocks', countText(blocks)],
    ['Bytes in blocks', bytesText(bytes)],
    ['Bytes on disk', bytesText(diskBytes)],
    ...savedBySharing(figures),
  ];
  const width = Math.max(...store.map(([label]) => label.length));
  const lines = store.map(([label, text]) => `${colours.bold(label.padEnd(width))}  ${text}`);
  const names = Object.keys(types);
  lines.push('', names.length === 0 ? 'It holds no objects yet.' : typesTable(types, colours));
  if (figures.sharing !== undefined) lines.push('', ...sharingDrawn(figures.sharing, colours));
  return lines.join('\n');
}

/** Columns of the longest bar, and components that a person is shown. */
const BAR_COLUMNS = 30;
const NAMED = 5;

function sharingDrawn(report: SharingReport, { bold, dim }: Colours): string[] {
  const { components, holds, logicalBytes, savedBytes, byHolds, mostHeld } = report;
  const saved = logicalBytes === 0 ? 0 : savedBytes / logicalBytes;
  const most = Math.max(1, ...byHolds.map(({ bytes }) => bytes));
  const table = new Table({
    head: ['HELD', 'COMPONENTS', 'BYTES', ''].map((title) => bold(title)),
    colAligns: ['left', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { from, to, components: count, bytes } of byHolds) {
    const times = from === to ? 'once' : `${countText(from)} to ${countText(to)} times`;
    table.push([times, countText(count), bytesText(bytes), '█'.repeat(Math.ceil((bytes / most) * BAR_COLUMNS))]);
  }
  const text = `${countText(components)} distinct components, held ${countText(holds)} times: ${bytesText(savedBytes)} of ${bytesText(logicalBytes)} saved (${shareText(saved)})`;
  const named = mostHeld
    .slice(0, NAMED)
    .map(({ hash, holds: times, bytes }) =>
      dim(`${hash.slice(0, 12)}  ${countText(times)} times, ${bytesText(bytes)}`),
    );
  return [text, table.toString(), ...(named.length === 0 ? [] : ['Held most:', ...named])];
}

function savedBySharing({ bytes, types }: Figures): [string, string][] {
  const logical = Object.values(types).map(({ logicalBytes }) => logicalBytes);
  const total = logical.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  if (total === 0) return [];
  return [
    ['Logical bytes', `${bytesText(total)} in all versions`],
    ['Share saved', shareText(Math.max(0, 1 - bytes / total))],
  ];
}

function typesTable(types: Figures['types'], colours: Colours): string {
  const withBytes = Object.values(types).some(({ logicalBytes }) => logicalBytes !== undefined);
  const titles = ['TYPE', 'OBJECTS', 'VERSIONS', ...(withBytes ? ['LOGICAL BYTES'] : [])];
  const table = new Table({
    head: titles.map((title) => colours.bold(title)),
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const [name, { objects, versions, logicalBytes, isKnown }] of Object.entries(types)) {
    table.push([
      isKnown ? name : `${name} ${colours.dim('(not in the config)')}`,
      ...[countText(objects), countText(versions)],
      ...(withBytes ? [bytesText(logicalBytes ?? 0)] : []),
    ]);
  }
  return table.toString();
}
