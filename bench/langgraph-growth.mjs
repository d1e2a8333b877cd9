/**
 * What of a step's cost follows the length of its thread, and what doesn't. The thread of langgraph.mjs at 10 to 10,000
 * messages, each in a process of its own; MemorySaver to 1,000, since it holds every state whole and has no room for more.
 */
import { join } from 'node:path';
import { thread } from './langgraph.mjs';
import { plot } from './plot.mjs';

export const name = 'langgraph-growth';
export const claim = 'how what a step costs grows with its thread';
/** Runs only when it is asked for. */
export const isLong = true;

const CURVES = [
  ['disk, all history kept', 'times the state', ({ bytes, stateBytes }) => bytes / stateBytes],
  ['a checkpoint put, p50', 'ms', ({ lateP50 }) => lateP50],
  ['getTuple of the latest', 'ms', ({ warmMs }) => warmMs],
  ['list of 100', 'ms', ({ listMs }) => listMs],
  ['getStateHistory of 100', 'ms', ({ historyMs }) => historyMs],
  ['fork by updateState', 'ms', ({ forkMs }) => forkMs],
  ['bytes of a fork', 'KB', ({ forkBytes }) => forkBytes / 1e3],
  ['memory of the run (RSS)', 'MB', ({ rssBytes }) => rssBytes / 1e6],
];

export function run(bench) {
  const sizes = bench.isQuick ? [10, 100] : [10, 100, 1_000, 10_000];
  const measured = { HeliosSaver: new Map(), MemorySaver: new Map() };
  for (const messages of sizes) {
    measured.HeliosSaver.set(messages, thread('helios', messages, join(bench.folder, `growth-${messages}`)));
    if (messages <= 1_000) measured.MemorySaver.set(messages, thread('memory', messages, ''));
    for (const [what, unit, of] of CURVES) {
      const value = of(measured.HeliosSaver.get(messages));
      const memory = measured.MemorySaver.get(messages);
      const peer = memory === undefined || what.includes('disk') || what.includes('bytes') ? undefined : of(memory);
      bench.report(`${messages.toLocaleString('en-US')} messages: ${what}`, {
        ...{ value, unit },
        ...(peer === undefined ? {} : { peer: { name: 'MemorySaver', value: peer } }),
      });
    }
  }
  bench.draw(
    plot({
      title: 'A thread of LangGraph, by its number of messages',
      panels: CURVES.map(([what, unit, of]) => ({
        title: `${what} (${unit})`,
        series: Object.entries(measured)
          .map(([saver, points]) => ({ name: saver, points: [...points].map(([at, one]) => [at, of(one)]) }))
          .filter(({ points }) => points.every(([, value]) => value > 0)),
      })),
    }),
  );
}
