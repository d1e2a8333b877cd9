/** `helios materialize`: brings an object, or places in it, back to life by a request, and prints it. */
import type { Command } from 'commander';
import type { Client, Materialized } from '../index.js';
import { HeliosError } from '../protocol/errors.js';
import type { Io } from './io.js';
import { jsonText } from './jsonText.js';
import { versionJson } from './ls.js';
import { type NatsOptions, requireReach, targetOf, withClient, withNats } from './nats.js';
import { withStore } from './openStore.js';
import { collected, positiveInteger, seconds, settle, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { coloursFor } from './screen/colours.js';
import { durationText } from './screen/units.js';
import { loadTarget, loadVersion, type Opened } from './target.js';

interface MaterializeOptions extends NatsOptions {
  readonly path?: readonly string[];
  readonly version?: number;
  readonly type?: string;
  readonly timeout?: number;
  readonly timings?: true;
  readonly json?: true;
}

/** Milliseconds that a person waits for an object before something must be wrong. */
const DEFAULT_TIMEOUT_MS = 30_000;
const MS_PER_S = 1_000;

const EXAMPLES = `
What JSON lacks is tagged: {"$bigint":"1"}, {"$bytes":"base64"}, {"$date":"ISO"}, {"$map":[[k,v]]}, {"$set":[…]},
{"$array":["Float64","base64"]}, {"$number":"NaN"}, {"$ref":{"root","type"}}. With --path the result is an object
whose keys are the concrete paths.

Examples:
  $ helios materialize agents/7
  $ helios materialize agents/7 --version 3
  $ helios materialize agents/7 --path memory[0] --path 'goals[*].name'
  $ helios materialize bcd --path 'api["AbortController"].__compat' --timings
  $ helios materialize agents/7 --json | jq .timings.restoreUs
  $ helios materialize agents/7 --nats nats://127.0.0.1:4222`;

export function addMaterialize(program: Command, io: Io): void {
  withNats(withCommonOptions(program.command('materialize')))
    .description('Materialize an object, or some paths of it, and print it as JSON.')
    .argument('<name>', 'name of the object, name@version, or a root (64 hex digits) with --type')
    .option(
      '--path <path>',
      'only this place, such as a.b[3] or /a/b/3, also with * and [2:5]; may be repeated',
      collected,
    )
    .option('--version <n>', 'this version instead of the latest', positiveInteger)
    .option('--type <type>', 'type of the state that is given as a root')
    .option('--timeout <seconds>', 'how long to wait', seconds, DEFAULT_TIMEOUT_MS / MS_PER_S)
    .option('--timings', 'say on stderr where it came from and how long it took')
    .option('--json', 'one JSON document with value, root, version, mode, source, worker, attempt and timings')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, options: MaterializeOptions, command: Command) => {
      const settings = await settle(command, io);
      if (options.nats !== undefined) {
        const reach = requireReach(options, settings, io, 'materialize asks');
        return withClient(reach, settings, async (client) =>
          write(await ask(client, name, options, io.signal), options, io),
        );
      }
      await withStore(settings, 'read', async (helios, runtime) => {
        const materialized = await request({ helios, runtime }, name, options, io.signal);
        settings.logger.info({ name, ...materialized.timings, source: materialized.source }, 'materialized');
        await write(materialized, options, io);
      });
    });
}

/** Asks the workers over NATS: this process needs no store. */
async function ask(
  client: Client,
  name: string,
  options: MaterializeOptions,
  signal: AbortSignal,
): Promise<Materialized<unknown>> {
  const { version, type, path: paths, timeout = 0 } = options;
  if (version !== undefined) {
    const advice = 'Ask for its root with --type, or leave --nats out where the store is';
    throw new HeliosError('INVALID_REQUEST', `--version can't be asked for over NATS. ${advice}.`);
  }
  const target = targetOf(name, type);
  const limits = { signal, timeoutMs: timeout * MS_PER_S };
  return paths === undefined
    ? client.request(target, limits).result
    : client.request(target, { ...limits, paths }).result;
}

async function request(
  opened: Opened,
  name: string,
  options: MaterializeOptions,
  signal: AbortSignal,
): Promise<Materialized<unknown>> {
  const { helios } = opened;
  const { version, type, path: paths, timeout = 0 } = options;
  const found = version === undefined ? await loadTarget(opened, name, type) : await loadVersion(helios, name, version);
  // A name goes into the request as it is: to find what it points at belongs to the work.
  const target = version === undefined && found.base?.name === name ? name : found;
  const limits = { signal, timeoutMs: timeout * MS_PER_S };
  const materialized: Materialized<unknown> = await (paths === undefined
    ? helios.request(target, limits).result
    : helios.request(target, { ...limits, paths }).result);
  return found.base === null ? materialized : { version: found.base, ...materialized };
}

async function write(materialized: Materialized<unknown>, options: MaterializeOptions, io: Io): Promise<void> {
  const out = outputTo(io.stdout);
  if (options.json === true) await out.line(materializedJson(materialized));
  else await out.line(jsonText(materialized.value, 2));
  await out.flush();
  if (options.timings === true) io.stderr.write(`${timingsText(materialized, io)}\n`);
}

function materializedJson({ version, ...rest }: Materialized<unknown>): string {
  return jsonText({ ...rest, ...(version === undefined ? {} : { version: versionJson(version) }) });
}

function timingsText({ source, mode, timings }: Materialized<unknown>, io: Io): string {
  const { queueUs, restoreUs, totalUs } = timings;
  const parts = `queue ${durationText(queueUs)}, restore ${durationText(restoreUs)}, total ${durationText(totalUs)}`;
  return coloursFor(io.stderr, io.env).dim(`${mode} from ${source}: ${parts}`);
}
