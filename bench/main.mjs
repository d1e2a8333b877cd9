/**
 * `npm run bench`: every claim of speed against its peer or floor, measured side by side in this very run.
 *
 *   npm run bench -- --only materialize     one entry: a file of this folder
 *   npm run bench -- --quick                smaller populations, fewer rounds: to see that it runs, not to quote
 *   npm run bench -- --json figures.json    the same figures, with every round's ratio, for a program
 *   npm run bench -- --markdown             the table as it stands in docs/benchmarks.md
 *   npm run bench -- --only langgraph-growth --svg growth.svg     an entry that draws; takes half an hour, and so runs
 *                                           only when it is asked for
 *
 * How to read the table is in docs/benchmarks.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as branchAndEdit from './branch-and-edit.mjs';
import * as branches from './branches.mjs';
import * as contestants from './contestants.mjs';
import * as diffs from './diffs.mjs';
import * as encode from './encode.mjs';
import * as factoryLookup from './factory-lookup.mjs';
import * as langgraph from './langgraph.mjs';
import * as langgraphGrowth from './langgraph-growth.mjs';
import * as materialize from './materialize.mjs';
import { compare } from './measure.mjs';
import * as overNats from './over-nats.mjs';
import * as request from './request.mjs';
import * as reuse from './reuse.mjs';
import * as sharing from './sharing.mjs';
import { markdownTable, table } from './table.mjs';

const entries = [
  factoryLookup,
  encode,
  materialize,
  request,
  branchAndEdit,
  branches,
  diffs,
  reuse,
  contestants,
  sharing,
  langgraph,
  langgraphGrowth,
  overNats,
];

const options = readOptions();
const folder = mkdtempSync(join(tmpdir(), 'helios-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.on(signal, () => process.exit(code));
}

const results = [];
for (const entry of entries) {
  if (options.only === undefined ? entry.isLong : entry.name !== options.only) continue;
  console.error(`${entry.name}: ${entry.claim}`);
  await entry.run({
    isQuick: options.quick,
    folder: join(folder, entry.name),
    async compare(label, contest) {
      console.error(`  ${label}, against ${contest.peer.name}`);
      results.push({ entry: entry.name, label, ...(await compare(contest, options.quick)) });
    },
    /** A drawing of what was measured, as SVG. */
    draw(svg) {
      if (options.svg !== undefined) writeFileSync(options.svg, svg);
    },
    /** What is counted, not timed: `{ value, unit, toReach?, peer?: { name, value } }`. */
    report(label, figure) {
      console.error(`  ${label}`);
      results.push({ entry: entry.name, label, figure });
    },
  });
}
console.log(options.markdown ? markdownTable(results) : table(results));
if (options.quick) console.log('Quick: small populations and few rounds. Not to be quoted.');
if (options.json !== undefined) {
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
  writeFileSync(options.json, `${JSON.stringify({ machine, isQuick: options.quick, results }, null, 2)}\n`);
  console.error(`Written to ${options.json}`);
}
process.exit(0); // Stores are closed by then; nothing else must keep the process alive.

function readOptions() {
  const names = entries.map(({ name }) => name);
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'string' },
        svg: { type: 'string' },
        only: { type: 'string' },
        quick: { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
      },
    });
    if (values.only === undefined || names.includes(values.only)) return values;
    throw new Error(`There is no entry ${values.only}: ${names.join(', ')}.`);
  } catch (error) {
    console.error(
      `${error.message}\nOptions: --only ${names.join('|')}, --quick, --markdown, --json <file>, --svg <file>`,
    );
    process.exit(2);
  }
}
