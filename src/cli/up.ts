/**
 * `helios up`: a supervisor in this process and workers in processes of their own, until it is told to end. `--dev`
 * brings a nats-server and the inspector along.
 */
import { type Command, InvalidArgumentError } from 'commander';
import type { Waits } from '../actors/waits.js';
import type { Served } from '../serve.js';
import { Exit } from './exit.js';
import type { Io } from './io.js';
import { type NatsOptions, type Reach, requireReach, withNats, withWaits } from './nats.js';
import { port, type Settings, seconds, settle, withCommonOptions } from './options.js';
import { type Say, sayer } from './saying.js';
import { untilEnd } from './untilEnd.js';
import { type DevServer, startDevServer } from './up/devServer.js';
import { startWorkers, type Workers } from './up/workers.js';
import { DEFAULT_DRAIN_S } from './worker.js';

interface UpOptions extends NatsOptions {
  readonly workers: number;
  readonly dev?: true;
  readonly inspect?: true | number;
  readonly inspectHost?: string;
  readonly drain: number;
  readonly wait: Partial<Waits>;
  readonly json?: true;
}

const DEFAULT_WORKERS = 2;
const WORKERS_MAX = 256;

const EXAMPLES = `
At SIGTERM or Ctrl-C it takes nothing more, finishes what it has, and ends with 0; with 1 when --drain ran out first.
--workers 0 is a supervisor alone: start workers anywhere with 'helios worker'.

Examples:
  $ helios up --dev                         everything on this machine, with a nats-server of its own
  $ helios up --nats nats://127.0.0.1:4222 --store ./agents --workers 4
  $ helios up --nats nats://10.0.0.5:4222 --workers 0`;

export function addUp(program: Command, io: Io): void {
  withWaits(withNats(withCommonOptions(program.command('up'))))
    .description('Run a supervisor and workers, which serve all who ask over NATS.')
    .option('--workers <n>', 'worker processes', workerCount, DEFAULT_WORKERS)
    .option('--dev', 'for developing: starts a nats-server on this machine too, and the inspector')
    .option('--inspect [port]', 'show the living machines on this port (default: 8080)', port)
    .option('--inspect-host <host>', 'the address that the inspector listens on (default: 127.0.0.1)')
    .option('--drain <seconds>', 'how long to finish what it has when told to end', seconds, DEFAULT_DRAIN_S)
    .option('--json', 'one JSON object a line for what happens')
    .addHelpText('after', EXAMPLES)
    .action(async (options: UpOptions, command: Command) => {
      const settings = await settle(command, io);
      const server = options.dev === true && options.nats === undefined ? await startServer(settings, io) : null;
      try {
        const reach = server === null ? requireReach(options, settings, io, 'up serves') : reachOfDev(server, options);
        await up(reach, server, options, settings, io);
      } finally {
        await server?.stop();
      }
    });
}

/** In the store's folder beside the store's own files, so that what was asked for is still there the next time. */
async function startServer({ storeDir, logger }: Settings, io: Io): Promise<DevServer> {
  const server = await startDevServer(`${storeDir}-nats`, io.env);
  logger.info({ url: server.url }, 'started a nats-server');
  return server;
}

function reachOfDev(server: DevServer, { prefix }: UpOptions): Reach {
  return { nats: server.url, ...(prefix === undefined ? {} : { prefix }) };
}

async function up(
  reach: Reach,
  server: DevServer | null,
  options: UpOptions,
  settings: Settings,
  io: Io,
): Promise<void> {
  const { serveSupervisor, startInspector } = await import('../serve.js');
  const say = sayer(io.stdout, options.json === true);
  const { logger } = settings;
  const served = await serveSupervisor({ ...reach, logger, waits: options.wait });
  const end = untilEnd(io.signal, served);
  let workers: Workers | null = null;
  let closeInspector = async () => {};
  try {
    const where = { supervisor: served.name, nats: reach.nats, prefix: served.prefix };
    await say(`supervisor ${served.name} is ready, on ${reach.nats} under ${served.prefix}`, {
      state: 'ready',
      ...where,
    });
    if (options.inspect !== undefined || options.dev === true) {
      const inspector = await startInspector({
        ...{ ...reach, logger, host: options.inspectHost },
        port: options.inspect === true ? undefined : options.inspect,
      });
      closeInspector = () => inspector.close();
      await say(`inspector: ${inspector.url}`, { inspector: inspector.url });
    }
    workers = startWorkers({
      ...{ count: options.workers, args: workerArgs(reach, options, settings), env: io.env, cwd: io.cwd },
      onReady: (worker, pid) => void say(`worker ${worker} is ready (process ${pid})`, { state: 'ready', worker, pid }),
      onLost: (worker, how, complaint) => {
        logger.warn({ worker, how, complaint }, 'a worker has ended');
        if (worker !== null) served.workerGone(worker);
        void say(`a worker has ended (${how}); starting another`, { state: 'lost', worker, how });
      },
    });
    await Promise.race([workers.ready, end]);
    if (!io.signal.aborted) await say('up', { state: 'up', ...where, workers: options.workers });
    await Promise.race([end, ...(server === null ? [] : [server.failed])]);
    await drain(served, workers, options, say);
  } finally {
    workers?.kill();
    await closeInspector();
    await served.close();
  }
}

/** The supervisor first, so that nothing new comes to the workers while they finish. */
async function drain(served: Served, workers: Workers, options: UpOptions, say: Say): Promise<void> {
  await say('finishing what there is …', { state: 'draining' });
  const limitMs = options.drain * 1_000;
  const isDone = await served.drain(limitMs);
  const areDone = await workers.drain();
  await say(isDone && areDone ? 'done' : 'time is up: the rest goes to others', {
    state: 'stopped',
    isDone: isDone && areDone,
  });
  throw new Exit(isDone && areDone ? 0 : 1);
}

function workerArgs(reach: Reach, options: UpOptions, { storeDir, config, logger }: Settings): readonly string[] {
  return [
    ...['--nats', reach.nats, '--store', storeDir, '--log-level', logger.level],
    ...(reach.prefix === undefined ? [] : ['--prefix', reach.prefix]),
    ...(config.file === null ? [] : ['--config', config.file]),
    ...Object.entries(options.wait).flatMap(([name, ms]) => ['--wait', `${name}=${ms}`]),
    ...['--drain', String(options.drain)],
  ];
}

function workerCount(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= WORKERS_MAX) return number;
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${WORKERS_MAX}.`);
}
