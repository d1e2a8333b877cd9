/**
 * Loads `helios.config.js`, `.mjs` or `.ts`: the types that a program's objects are of, and where its store is. Whatever
 * the file imports as `helios-materializer` is this very copy of the package, so that it works with a command that is
 * installed elsewhere, and types are what this copy's `defineType` made.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { HeliosError } from '../protocol/errors.js';
import type { AnyObjectType } from '../restore/index.js';

const CONFIG_NAMES = ['helios.config.js', 'helios.config.mjs', 'helios.config.ts'] as const;
const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

export interface Config {
  /** Absolute path of the file, or null when there is none. */
  readonly file: string | null;
  /** Where relative paths in it start. */
  readonly dir: string;
  readonly types: readonly AnyObjectType[];
  /** As it stands in the file. */
  readonly store?: string;
  readonly memoryBytes?: number;
  readonly durability?: 'process' | 'power';
  /** URL of a nats-server, or several with commas between them. */
  readonly nats?: string;
  readonly prefix?: string;
}

type IsType = (value: unknown) => value is AnyObjectType;

/**
 * The config named on the command line, else the one in the working directory, else an empty one.
 * @throws HeliosError `INVALID_REQUEST` (details: `file`), saying what is wrong with the file and where
 */
export async function loadConfig(named: string | undefined, cwd: string): Promise<Config> {
  const file = named === undefined ? findConfig(cwd) : checkedFile(resolve(cwd, named));
  if (file === null) return { file, dir: cwd, types: [] };
  const { isObjectType } = await import('../restore/index.js');
  return readConfig(file, await evaluate(file), isObjectType);
}

function findConfig(cwd: string): string | null {
  const found = CONFIG_NAMES.filter((name) => existsSync(join(cwd, name)));
  const [first, second] = found;
  if (first === undefined) return null;
  if (second === undefined) return join(cwd, first);
  throw new HeliosError('INVALID_REQUEST', `${cwd} has ${found.join(' and ')}. Keep one, or name one with --config.`, {
    details: { files: found },
  });
}

function checkedFile(file: string): string {
  if (!existsSync(file)) throw badConfig(file, 'there is no such file');
  if (statSync(file).isDirectory()) throw badConfig(file, 'it is a directory; name a file in it');
  if (EXTENSIONS.includes(extname(file))) return file;
  throw badConfig(file, `its name must end in ${EXTENSIONS.join(', ')}`);
}

/** @returns the module's default export, or undefined when it has none */
async function evaluate(file: string): Promise<unknown> {
  const { createJiti } = await import('jiti');
  // No cache on disk: a folder for temporary files is open to others, and what lies there would be run.
  const jiti = createJiti(file, {
    fsCache: false,
    interopDefault: false,
    virtualModules: { 'helios-materializer': await import('../index.js') },
  });
  try {
    const module: unknown = await jiti.import(file);
    return typeof module === 'object' && module !== null ? Reflect.get(module, 'default') : undefined;
  } catch (error) {
    throw badConfig(file, reasonOf(error, file), error);
  }
}

/** The first paragraph of what was thrown, with the line of the file where there is one. */
function reasonOf(error: unknown, file: string): string {
  if (!(error instanceof Error)) return String(error);
  const [message = ''] = error.message.split('\nRequire stack:');
  const said = `${error.name === 'Error' ? '' : `${error.name}: `}${message.replace(/\s+/g, ' ').trim()}`;
  // Columns are of the compiled text, so they are left out; a fault of syntax has its own place in the message.
  const line = error.stack?.split(`${file}:`)[1]?.match(/^\d+/)?.[0];
  return line === undefined || said.includes(`${file}:`) ? withoutStop(said) : `${withoutStop(said)} (${file}:${line})`;
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

function readConfig(file: string, exported: unknown, isType: IsType): Config {
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported)) {
    throw badConfig(file, 'it must export its config: export default defineConfig({ types: [ … ] })');
  }
  const fields = new Map<string, unknown>(Object.entries(exported));
  const store = optional(file, fields, 'store', 'a path', isText);
  const memoryBytes = optional(file, fields, 'memoryBytes', 'a number of bytes above 0', isPositive);
  const durability = optional(file, fields, 'durability', "'process' or 'power'", isDurability);
  const nats = optional(file, fields, 'nats', 'a URL such as nats://127.0.0.1:4222', isText);
  const prefix = optional(file, fields, 'prefix', 'a prefix of subjects such as helios.v1', isText);
  return {
    file,
    dir: dirname(file),
    types: readTypes(file, fields.get('types') ?? [], isType),
    ...(store === undefined ? {} : { store: String(store) }),
    ...(isPositive(memoryBytes) ? { memoryBytes } : {}),
    ...(isDurability(durability) ? { durability } : {}),
    ...(isText(nats) ? { nats } : {}),
    ...(isText(prefix) ? { prefix } : {}),
  };
}

function readTypes(file: string, types: unknown, isType: IsType): readonly AnyObjectType[] {
  if (!Array.isArray(types)) throw badConfig(file, '`types` must be an array of what defineType returned');
  const wrong = types.findIndex((type) => !isType(type));
  if (wrong >= 0) throw badConfig(file, `\`types[${wrong}]\` is not what defineType returned`);
  return types.filter(isType).map(ofDataOnly);
}

/** Commands read and print what is stored; instances are for programs. */
function ofDataOnly({ hydrate: _, dehydrate: __, ...type }: AnyObjectType): AnyObjectType {
  return type;
}

function optional(
  file: string,
  fields: ReadonlyMap<string, unknown>,
  name: string,
  expected: string,
  isRight: (value: unknown) => boolean,
): unknown {
  const value = fields.get(name);
  if (value === undefined || isRight(value)) return value;
  throw badConfig(file, `\`${name}\` must be ${expected}`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}

function isDurability(value: unknown): value is 'process' | 'power' {
  return value === 'process' || value === 'power';
}

function badConfig(file: string, reason: string, cause?: unknown): HeliosError {
  return new HeliosError('INVALID_REQUEST', `The config ${file} can't be used: ${reason}.`, {
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  });
}
