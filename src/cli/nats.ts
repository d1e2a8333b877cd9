/** The options of commands that speak to other processes, and the ways to reach them: over NATS, and only there. */
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_WAITS, type Waits } from '../actors/waits.js';
import type { Client, Target, Value } from '../index.js';
import { HeliosError } from '../protocol/errors.js';
import type { Io } from './io.js';
import type { Settings } from './options.js';
import { isRoot } from './target.js';

export interface NatsOptions {
  readonly nats?: string;
  readonly prefix?: string;
}

/** Adds `--wait`, by which everything that supervisors and workers wait for can be set. */
export function withWaits(command: Command): Command {
  const names = Object.keys(DEFAULT_WAITS).join(', ');
  return command.option(
    '--wait <name=number>',
    `how long to wait, in milliseconds: ${names}; may be repeated`,
    wait,
    {},
  );
}

function wait(text: string, previous: Partial<Waits>): Partial<Waits> {
  const [, name = '', number = ''] = /^([A-Za-z]+)=(\d+)$/.exec(text) ?? [];
  if (Object.hasOwn(DEFAULT_WAITS, name) && Number(number) > 0) return { ...previous, [name]: Number(number) };
  const example = 'ackWaitMs=30000';
  throw new InvalidArgumentError(`It must be ${example} or the like: ${Object.keys(DEFAULT_WAITS).join(', ')}.`);
}

/** Where to reach the others. */
export interface Reach {
  readonly nats: string;
  readonly prefix?: string;
}

/** Adds `--nats` and `--prefix`. */
export function withNats(command: Command): Command {
  return command
    .option('--nats <url>', "nats-server to speak through (default: $HELIOS_NATS or the config's)")
    .option('--prefix <prefix>', "what subjects begin with (default: $HELIOS_PREFIX, the config's, or helios.v1)");
}

/** The way to the others. @throws HeliosError `INVALID_REQUEST` when none is named anywhere */
export function requireReach(options: NatsOptions, { config }: Settings, io: Io, what: string): Reach {
  const nats = options.nats ?? textOf(io.env.HELIOS_NATS) ?? config.nats;
  const prefix = options.prefix ?? textOf(io.env.HELIOS_PREFIX) ?? config.prefix;
  if (nats !== undefined) return { nats, ...(prefix === undefined ? {} : { prefix }) };
  const ways =
    "--nats nats://127.0.0.1:4222, $HELIOS_NATS, or nats in the config. No server at hand? 'helios up --dev' starts one";
  throw new HeliosError('INVALID_REQUEST', `${what} other processes over NATS: say where it is with ${ways}.`);
}

/** Runs `work` on a client without a store, and closes it whatever happens. */
export async function withClient<T>(
  reach: Reach,
  settings: Settings,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { Helios } = await import('../index.js');
  const client = await Helios.connect({ ...reach, types: settings.config.types });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** What a person writes to name an object to those who have the store. @throws HeliosError `INVALID_REQUEST` */
export function targetOf(name: string, type: string | undefined): Target<Value, Value> {
  if (!isRoot(name)) return name;
  if (type !== undefined) return { root: name, type };
  const message = `${name} is a root. Say with --type what it is of, for example --type record.`;
  throw new HeliosError('INVALID_REQUEST', message, { details: { root: name } });
}

function textOf(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
