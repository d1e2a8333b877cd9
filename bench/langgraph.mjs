/**
 * Claim: a thread of LangGraph costs what is new in it, on disk and in time, whatever its length. One agent with tools,
 * a thousand messages, durability sync; MemorySaver, which keeps nothing when the process ends, does the same. SqliteSaver
 * is not measured here: its binary is made by an install script, and those are off.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const name = 'langgraph';
export const claim = 'a thread costs what is new in it';

const child = (name) => fileURLToPath(new URL(`children/${name}.mjs`, import.meta.url));
const THREAD = child('langgraph');
const THREADS = child('langgraph-threads');

export function run(bench) {
  for (const messages of bench.isQuick ? [100] : [100, 1_000]) {
    const ours = thread('helios', messages, join(bench.folder, `thread-${messages}`));
    const memory = thread('memory', messages, '');
    const label = `${messages.toLocaleString('en-US')} messages`;
    const versus = (what, key, unit, factor, toReach) => {
      bench.report(`${label}: ${what}`, {
        ...{ value: ours[key] * factor, unit, peer: { name: 'MemorySaver', value: memory[key] * factor } },
        ...(toReach === undefined ? {} : { toReach }),
      });
    };
    bench.report(`${label}: disk, all history kept`, {
      ...{ value: ours.bytes / ours.stateBytes, unit: 'times the state', toReach: 'at most 8' },
    });
    versus('put of the last checkpoints, p50', 'lateP50', 'ms', 1, 'at most 1');
    versus('put of the last checkpoints, p95', 'lateP95', 'ms', 1, 'at most 3');
    versus('put of the first checkpoints, p50', 'earlyP50', 'ms', 1);
    versus('getTuple of the latest', 'warmMs', 'ms', 1, 'at most 2');
    bench.report(`${label}: the same, just opened`, { value: ours.coldMs, unit: 'ms', toReach: 'at most 20' });
    versus('list of 100', 'listMs', 'ms', 1, 'at most 50');
    versus('getStateHistory of 100', 'historyMs', 'ms', 1, 'at most 500');
    versus('fork by updateState', 'forkMs', 'ms', 1, 'at most 5');
    bench.report(`${label}: bytes of a fork`, { value: ours.forkBytes / 1e3, unit: 'KB', toReach: 'at most 10' });
    versus('memory of the run (RSS)', 'rssBytes', 'MB', 1e-6, 'at most 300');
    versus('the whole run', 'runMs', 's', 1e-3);
    versus('deleteThread', 'deleteMs', 'ms', 1, 'at most 10');
    bench.report(`${label}: given back by deleteThread and collect`, {
      ...{ value: ours.freedShare * 100, unit: '% of the bytes', toReach: 'at least 90' },
    });
  }
  const count = bench.isQuick ? 1_000 : 20_000;
  const many = measured(THREADS, 'helios', count, join(bench.folder, 'threads'));
  const inMemory = measured(THREADS, 'memory', count, '');
  const label = `${count.toLocaleString('en-US')} threads of 1.5 KB`;
  for (const [what, key, unit, toReach] of [
    ['read one, p50', 'p50', 'µs', 'at most 22'],
    ['read one, p95', 'p95', 'µs', 'at most 40'],
    ['put one, 64 at once', 'putMs', 'ms', undefined],
  ]) {
    const peer = { name: 'MemorySaver', value: inMemory[key] };
    bench.report(`${label}: ${what}`, { value: many[key], unit, peer, ...(toReach === undefined ? {} : { toReach }) });
  }
}

/** What a thread of so many messages took, on one saver, in a process of its own. */
export function thread(...args) {
  return measured(THREAD, ...args);
}

function measured(program, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args.map(String)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The child of the benchmark of LangGraph ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}
