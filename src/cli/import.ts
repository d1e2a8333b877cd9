/** `helios import`: JSON files, folders and NDJSON streams become objects, or new versions of those there are. */
import type { Command } from 'commander';
import type { Logger } from 'pino';
import type { Helios, StateReference } from '../index.js';
import { type ErrorCode, HeliosError } from '../protocol/errors.js';
import { checkHeadName } from '../protocol/names.js';
import { checkCar, importCars } from './import/cars.js';
import { type Fit, fitFor, RAW_TYPES } from './import/fit.js';
import { Intake } from './import/intake.js';
import { SkipsTold } from './import/skips.js';
import { type Summary, summaryJson, summaryText } from './import/summary.js';
import { checkAlone, importThreads } from './import/threads.js';
import { type Typing, typingFor } from './import/typing.js';
import { type Naming, namingFor } from './input/naming.js';
import { type Reading, readingsOf } from './input/readings.js';
import { checkPaths, type SourceOptions, sourcesOf } from './input/sources.js';
import type { Io } from './io.js';
import { withStore } from './openStore.js';
import { settle, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { coloursFor } from './screen/colours.js';
import { progressOn } from './screen/progress.js';

interface ImportOptions {
  readonly name?: string;
  readonly prefix?: string;
  readonly key?: string;
  readonly type?: string;
  readonly ndjson?: true;
  readonly msgpack?: true;
  readonly car?: true;
  readonly langgraphSqlite?: string;
  readonly skipBad?: true;
  readonly message?: string;
  readonly json?: true;
}

/** What the options come down to, checked before anything is read. */
interface Plan {
  readonly paths: readonly string[];
  readonly sources: SourceOptions;
  readonly naming: Naming;
  readonly typing: Typing;
  readonly fitted: Fit;
  readonly skipsBad: boolean;
  readonly message: string | undefined;
}

/** What one import works with. */
interface Work {
  readonly helios: Helios;
  readonly intake: Intake;
  readonly plan: Plan;
  readonly tally: Tally;
  readonly logger: Logger;
  readonly io: Io;
}

/** How far it is; the numbers that Intake doesn't know. */
interface Tally {
  values: number;
  skipped: number;
  inputBytes: number;
}

/** @throws HeliosError `INVALID_REQUEST` */
function kindSaid({ ndjson, msgpack }: ImportOptions): 'ndjson' | 'msgpack' | undefined {
  if (ndjson === true && msgpack === true) {
    throw new HeliosError('INVALID_REQUEST', 'Files are NDJSON or MessagePack: say --ndjson or --msgpack, not both.');
  }
  if (msgpack === true) return 'msgpack';
  return ndjson === true ? 'ndjson' : undefined;
}

/** What is wrong with one value alone, so that the rest may go on. */
const BAD_VALUE: readonly ErrorCode[] = ['INVALID_REQUEST', 'INVALID_VALUE', 'UNSUPPORTED_VALUE', 'TOO_LARGE'];

const EXAMPLES = `
A .json file is one object, named by its path below the folder that was given, without extension. Folders are read in
order of names, with all below them, but for what begins with a dot. An .ndjson or .jsonl file, or - for stdin, has one
object a line, named by --key or else <file>/<line>. JSON objects become records and arrays become lists, unless --type
says what they are; a value that its type refuses is an error. A name that exists gets a new version, if it differs.
A .msgpack or .mp file has MessagePack values one behind the other, named as the lines of NDJSON are. A .car file is what
helios export wrote: its names come with it, and their versions.

With --type map or set, JSON objects and arrays become those; with --type tensor, data is a list of numbers. What helios
materialize prints of a map, set, blob or tensor is read again. With --type text or blob any other file is the text, or
the bytes, that are in it, and stdin too.

With --langgraph-sqlite, what LangGraph's SqliteSaver kept becomes threads of HeliosSaver, langgraph/<thread>: all their
checkpoints, with metadata and writes. The file is left as it is. What is there already stays; once more changes nothing.

--name is a name or a template with {path}, {file} (without folders), {line} and {key}. Without any of these all values
get the same name, and become its versions, in the order in which they are read.

Examples:
  $ helios import ./agents
  $ helios import ./agents --prefix agents/ --type agent
  $ helios import people.ndjson --key id --name 'people/{key}'
  $ helios import v1.json v2.json v3.json --name plan --message 'from the archive'
  $ zcat events.ndjson.gz | helios import - --prefix events/ --skip-bad
  $ helios import notes.md --type text
  $ helios import agents.car
  $ helios import --langgraph-sqlite checkpoints.sqlite`;

export function addImport(program: Command, io: Io): void {
  withCommonOptions(program.command('import'))
    .description('Import JSON files, folders of them, or streams of NDJSON or MessagePack as objects.')
    .argument('[path...]', 'files and folders, or - for stdin (NDJSON, or with --msgpack)')
    .option('--name <template>', 'how to name them (default: by path, line or --key)')
    .option('--prefix <text>', 'what to put before each name')
    .option('--key <field>', 'the field that names an object, such as id or user.login')
    .option('--type <type>', 'what they are: a type of the config, or record, list, …')
    .option('--ndjson', 'files have one object a line, whatever they are called')
    .option('--msgpack', 'files, or stdin, are MessagePack, whatever they are called')
    .option('--car', 'files, or stdin, are what helios export wrote, whatever they are called')
    .option('--langgraph-sqlite <file>', 'threads of LangGraph.js, from the file of SqliteSaver')
    .option('--skip-bad', 'pass over what is not JSON or is refused, and say so, instead of ending there')
    .option('--message <text>', 'a word about these versions, shown by helios log')
    .option('--json', 'the summary as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], options: ImportOptions, command: Command) => {
      const { langgraphSqlite } = options;
      if (langgraphSqlite === undefined && paths.length === 0) command.error("error: missing required argument 'path'");
      const settings = await settle(command, io);
      if (langgraphSqlite !== undefined) {
        checkAlone(paths, options);
        await importThreads(langgraphSqlite, options, settings, io);
        return;
      }
      if (options.car === true || paths.some((path) => path.endsWith('.car'))) {
        checkCar(paths, options);
        await withStore(settings, 'write', (helios) => importCars(helios, paths, options.json === true, io));
        return;
      }
      const plan: Plan = {
        paths,
        sources: { cwd: io.cwd, kind: kindSaid(options), isRaw: RAW_TYPES.includes(options.type ?? '') },
        naming: namingFor(options),
        typing: await typingFor(options.type, settings.config.types),
        fitted: fitFor(options.type),
        skipsBad: options.skipBad === true,
        message: options.message,
      };
      checkPaths(paths, io.cwd);
      await withStore(settings, 'write', (helios) =>
        importAll(helios, plan, options.json === true, io, settings.logger),
      );
    });
}

async function importAll(helios: Helios, plan: Plan, asJson: boolean, io: Io, logger: Logger): Promise<void> {
  const startedAt = io.now();
  const storedBefore = helios.stats().store.bytes;
  const intake = new Intake(helios, plan.message);
  const tally: Tally = { values: 0, skipped: 0, inputBytes: 0 };
  const ended = await endOf(takeAll({ helios, intake, plan, tally, logger, io }));
  // What was taken is saved also when something went wrong, or somebody lost patience, in between.
  const failed = await endOf(intake.settle());
  const why = io.signal.aborted ? io.signal.reason : (failed ?? ended);

  const storedBytes = helios.stats().store.bytes - storedBefore;
  const { values, skipped, inputBytes } = tally;
  const durationMs = io.now() - startedAt;
  const summary: Summary = { values, ...intake.counts, skipped, inputBytes, storedBytes, durationMs };
  logger.info(summary, 'imported');
  const out = outputTo(io.stdout);
  const isWorthSaying = asJson || why === undefined || values > 0;
  if (isWorthSaying)
    await out.line(asJson ? summaryJson(summary, why) : summaryText(summary, why, coloursFor(io.stdout, io.env)));
  await out.flush();
  if (why !== undefined) throw why;
}

/** What the work threw, or undefined. */
async function endOf(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error;
  }
}

async function takeAll(work: Work): Promise<void> {
  const { helios, intake, plan, tally, logger, io } = work;
  const total = io.stderr.isTTY === true ? await bytesOfAll(plan) : 0;
  const progress = progressOn(io, { label: 'import', counted: 'objects', total, unit: 'bytes' });
  const skips = new SkipsTold(progress, io);
  try {
    for await (const source of sourcesOf(plan.paths, plan.sources)) {
      logger.debug({ file: source.label, bytes: source.bytes }, 'reading');
      for await (const reading of readingsOf(source, io)) {
        io.signal.throwIfAborted();
        const made = makeOrSkip(helios, plan, reading, (error) => {
          tally.skipped++;
          skips.tell(error);
        });
        tally.inputBytes += reading.bytes;
        if (made === undefined) continue;
        tally.values++;
        await intake.add(made.name, made.reference, reading.bytes);
        progress.at(tally.inputBytes, tally.values);
      }
    }
  } finally {
    progress.end();
  }
}

/** Bytes of all files; 0 when there is a stream, whose size nobody knows. */
async function bytesOfAll({ paths, sources }: Plan): Promise<number> {
  if (paths.includes('-')) return 0;
  let total = 0;
  for await (const { bytes } of sourcesOf(paths, sources)) total += bytes;
  return total;
}

interface Made {
  readonly name: string;
  readonly reference: StateReference<unknown, unknown>;
}

function makeOrSkip(
  helios: Helios,
  plan: Plan,
  reading: Reading,
  skip: (error: HeliosError) => void,
): Made | undefined {
  try {
    return make(helios, plan, reading);
  } catch (error) {
    if (!plan.skipsBad || !HeliosError.is(error) || !BAD_VALUE.includes(error.code)) throw error;
    skip(error);
    return undefined;
  }
}

/** @throws HeliosError with the place of the value in its message */
function make(helios: Helios, { naming, typing, fitted }: Plan, reading: Reading): Made {
  const { path, line, place } = reading;
  const read = reading.parse();
  try {
    const value = fitted(read);
    const name = checkHeadName(naming({ path, value: read, ...(line === undefined ? {} : { line }) }));
    return { name, reference: helios.create(typing(value), value) };
  } catch (error) {
    const { code, message, details } = HeliosError.from(error);
    throw new HeliosError(code, `${place}: ${message}`, { details: { ...details, place }, cause: error });
  }
}
