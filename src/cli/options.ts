/**
 * The options that every command has, and how their values are found: the command line first, then the environment,
 * then the config file, then the default. Also the readers of option values that several commands share.
 */
import { isAbsolute, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Logger } from 'pino';
import { HeliosError } from '../protocol/errors.js';
import { type Config, loadConfig } from './config.js';
import type { Io } from './io.js';
import { LOG_LEVELS, type LogLevel, loggerTo } from './logger.js';

const DEFAULT_STORE = '.helios';

/** What the common options come down to. */
export interface Settings {
  /** Absolute path of the store's directory. */
  readonly storeDir: string;
  readonly config: Config;
  readonly logger: Logger;
}

interface CommonOptions {
  readonly store?: string;
  readonly config?: string;
  readonly logLevel?: LogLevel;
}

/** Adds `--store`, `--config` and `--log-level`. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--store <dir>', `directory of the store (default: $HELIOS_STORE, the config's, or ./${DEFAULT_STORE})`)
    .option('--config <file>', 'config file (default: helios.config.js, .mjs or .ts here, if there is one)')
    .addOption(
      new Option('--log-level <level>', 'what to log on stderr (default: $HELIOS_LOG, or silent)').choices(LOG_LEVELS),
    );
}

/**
 * Settles the common options of a command, wherever on the line they stand.
 * @throws HeliosError `INVALID_REQUEST` for a config that can't be used; CommanderError for a bad $HELIOS_LOG
 */
export async function settle(command: Command, io: Io): Promise<Settings> {
  const options: CommonOptions = optionsOf(command);
  const logger = loggerTo(io.stderr, options.logLevel ?? logLevelFrom(io, command));
  const config = await loadConfig(options.config, io.cwd);
  logger.debug({ file: config.file, types: config.types.map(({ name }) => name) }, 'config');
  const storeDir = storeDirFrom(options.store, config, io);
  logger.debug({ storeDir }, 'store');
  return { storeDir, config, logger };
}

/** A command's own options go before those of the commands that it stands below. */
function optionsOf(command: Command): CommonOptions {
  return { ...(command.parent === null ? {} : optionsOf(command.parent)), ...command.opts() };
}

function logLevelFrom(io: Io, command: Command): LogLevel {
  const asked = io.env.HELIOS_LOG ?? '';
  const level = asked === '' ? 'silent' : LOG_LEVELS.find((one) => one === asked.toLowerCase());
  if (level !== undefined) return level;
  return command.error(`error: $HELIOS_LOG is '${asked}', but allowed choices are ${LOG_LEVELS.join(', ')}.`);
}

function storeDirFrom(option: string | undefined, config: Config, io: Io): string {
  const named = option ?? io.env.HELIOS_STORE ?? '';
  if (named !== '') return resolve(io.cwd, named);
  if (config.store === undefined) return resolve(io.cwd, DEFAULT_STORE);
  if (config.store === 'memory') {
    const message = `${config.file} keeps its store in memory, where no other process can see it. Name a directory with --store.`;
    throw new HeliosError('INVALID_REQUEST', message, { details: { file: config.file } });
  }
  return isAbsolute(config.store) ? config.store : resolve(config.dir, config.store);
}

/** For options that count: a whole number of at least 1. */
export function positiveInteger(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}

/** For options that are a time: seconds above 0, up to a day. */
export function seconds(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number > 0 && number <= 86_400) return number;
  throw new InvalidArgumentError('It must be a number of seconds, above 0 and up to 86400.');
}

/** For options from 0 to 1. */
export function share(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= 0 && number <= 1) return number;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}

/** For options that are a port. */
export function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError('It must be a port, 0 to 65535 (0: any free one).');
}

/** For options that may be given several times. */
export function collected(text: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), text];
}
