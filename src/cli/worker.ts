/**
 * `helios worker`: one worker process over a store, which restores what supervisors give it until it is told to end.
 * Started by `helios up` it ends with it, whatever becomes of that.
 */
import type { Command } from 'commander';
import type { Waits } from '../actors/waits.js';
import type { Served } from '../serve.js';
import { Exit } from './exit.js';
import type { Io } from './io.js';
import { type NatsOptions, requireReach, withNats, withWaits } from './nats.js';
import { seconds, settle, withCommonOptions } from './options.js';
import { sayer } from './saying.js';
import { untilEnd } from './untilEnd.js';

interface WorkerOptions extends NatsOptions {
  readonly name?: string;
  readonly drain: number;
  readonly wait: Partial<Waits>;
  readonly json?: true;
}

/** Seconds that a worker may take for what it has in hand when it is told to end. */
export const DEFAULT_DRAIN_S = 10;

const EXAMPLES = `
At SIGTERM or Ctrl-C it takes nothing more, finishes what it has, and ends with 0; with 1 when --drain ran out first.

Examples:
  $ helios worker --nats nats://127.0.0.1:4222 --store ./agents --config helios.config.mjs
  $ helios worker --name left`;

export function addWorker(program: Command, io: Io): void {
  withWaits(withNats(withCommonOptions(program.command('worker'))))
    .description('Run one worker process, which restores objects for all who ask over NATS.')
    .option('--name <name>', 'what it is called, its own among all workers (default: host, process and a random end)')
    .option('--drain <seconds>', 'how long to finish what it has when told to end', seconds, DEFAULT_DRAIN_S)
    .option('--json', 'one JSON object a line for what happens')
    .addHelpText('after', EXAMPLES)
    .action(async (options: WorkerOptions, command: Command) => {
      const settings = await settle(command, io);
      const reach = requireReach(options, settings, io, 'A worker serves');
      const { config, storeDir, logger } = settings;
      const { serveWorker } = await import('../serve.js');
      const served = await serveWorker({
        ...reach,
        store: storeDir,
        types: config.types,
        logger,
        waits: options.wait,
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(config.memoryBytes === undefined ? {} : { memoryBytes: config.memoryBytes }),
        ...(config.durability === undefined ? {} : { durability: config.durability }),
      });
      await serve(served, options, io, storeDir);
    });
}

async function serve(served: Served, options: WorkerOptions, io: Io, storeDir: string): Promise<void> {
  const say = sayer(io.stdout, options.json === true);
  tellParent({ state: 'ready', worker: served.name });
  try {
    await say(`worker ${served.name} is ready, over ${storeDir}`, {
      state: 'ready',
      worker: served.name,
      store: storeDir,
    });
    await untilEnd(io.signal, served);
    await say('finishing what it has …', { state: 'draining', worker: served.name });
    const isDone = await served.drain(options.drain * 1_000);
    await say(isDone ? 'done' : 'time is up: the rest goes to other workers', {
      state: 'stopped',
      worker: served.name,
      isDone,
    });
    throw new Exit(isDone ? 0 : 1);
  } finally {
    await served.close();
  }
}

/** A worker that `helios up` started has a channel to it. */
function tellParent(message: object): void {
  if (process.send === undefined) return;
  process.send(message);
  // Its parent is gone without a word: so must this worker be.
  process.once('disconnect', () => process.exit(1));
}
