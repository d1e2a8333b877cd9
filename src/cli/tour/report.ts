/** What a tour came to: as a table for a person, as JSON for a program. */
import Table from 'cli-table3';
import type { Colours } from '../screen/colours.js';
import { bytesText, countText, durationText, shareText } from '../screen/units.js';
import type { Branching } from './branching.js';
import type { Claim } from './checks.js';
import { type Latencies, latencyText } from './figures.js';
import type { Move } from './heapHolding.js';
import type { Sharing } from './importing.js';
import type { Asking } from './requesting.js';
import type { Sweep } from './sweeping.js';

export interface Report {
  readonly sharing: readonly Sharing[];
  readonly branching: Branching;
  readonly asking: readonly Asking[];
  readonly sweep: Sweep;
  readonly moves: readonly Move[];
  readonly checks: readonly Claim[];
  readonly allHold: boolean;
  readonly elapsedUs: number;
  /** What the store's files take. */
  readonly diskBytes: number;
  /** The most memory that the tour's own process held. */
  readonly peakRssBytes: number;
}

/** A label and five figures. */
type Row = readonly [string, string, string, string, string, string];
const FIGURES = 5;

export function summaryTable(report: Report, colours: Colours): readonly string[] {
  const table = new Table({
    colAligns: ['left', ...Array.from({ length: FIGURES }, () => 'right' as const)],
    // Narrow enough for a terminal of 80 columns.
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 1 },
  });
  const section = (title: string, head: Row, rows: readonly Row[]) => {
    if (table.length > 0) table.push([{ content: '', colSpan: FIGURES + 1 }]);
    table.push([colours.bold(` ${title}`), ...head.slice(1).map((text) => colours.dim(text))]);
    table.push(...rows.map(([label, ...cells]) => [` ${label}`, ...cells]));
  };
  section('1 Stored once', ['', 'states', 'JSON', 'alone', 'stored', 'saved'], sharingRows(report));
  section('2 Branched', ['', 'p50', 'p95', 'p99', 'bytes', ''], branchingRows(report.branching));
  section('3 Materialized', ['', 'p50', 'p95', 'p99', 'requests', 'restored'], report.asking.map(askingRow));
  section('4 Under pressure', ['', 'level', 'policy', 'passes', 'heap', 'after'], report.moves.map(moveRow));
  section(
    'Altogether',
    ['', 'time', 'memory', 'on disk', '', ''],
    [
      [
        'this tour',
        durationText(report.elapsedUs),
        bytesText(report.peakRssBytes),
        bytesText(report.diskBytes),
        '',
        '',
      ],
    ],
  );
  return ['', ...table.toString().split('\n')];
}

function sharingRows({ sharing, branching }: Report): readonly Row[] {
  const { branches, bytesPerBranch, bytesPerCopy } = branching;
  const row = (label: string, states: number, json: string, alone: number, stored: number): Row => [
    ...([label, countText(states), json, bytesText(Math.round(alone)), bytesText(Math.round(stored))] as const),
    shareText(1 - stored / alone),
  ];
  return [
    ...sharing.map(({ label, states, jsonBytes, aloneBytes, storedBytes }) =>
      row(label, states, bytesText(jsonBytes), aloneBytes, storedBytes),
    ),
    row('branches of agents', branches, '', branches * bytesPerCopy, branches * bytesPerBranch),
  ];
}

function branchingRows({ branch, edit, root, bytesPerBranch, bytesPerCopy }: Branching): readonly Row[] {
  const bytes = (count: number) => bytesText(Math.round(count));
  return [
    ['to branch', ...latencyTexts(branch), '0 B', ''],
    ['to edit two fields', ...latencyTexts(edit), '', ''],
    ['to hash what changed', ...latencyTexts(root), bytes(bytesPerBranch), ''],
    ['one copy instead', '', '', '', bytes(bytesPerCopy), ''],
  ];
}

function askingRow({ label, state, askers, requests, restorations, latencies }: Asking): Row {
  return [
    `${label}${askers > 1 ? ` ×${askers}` : ''}, ${state}`,
    ...latencyTexts(latencies),
    countText(requests),
    countText(restorations),
  ];
}

function moveRow({ atMs, level, epoch, threshold, heapShare }: Move, index: number): Row {
  const what = index === 0 ? 'a heap of 256 MB' : level === 'normal' ? 'let go of' : 'filled';
  const after = index === 0 ? '' : durationText(atMs * 1_000);
  return [what, level, epoch, `≥ ${threshold.toFixed(1)}`, shareText(heapShare), after];
}

function latencyTexts({ p50Us, p95Us, p99Us }: Latencies): readonly [string, string, string] {
  return [latencyText(p50Us), latencyText(p95Us), latencyText(p99Us)];
}

export function reportJson(report: Report): string {
  return JSON.stringify(report, null, 2);
}
