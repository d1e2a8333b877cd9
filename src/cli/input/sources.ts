/**
 * What `import` reads: files, folders and stdin, one source after the other in a settled order. It opens folders as it
 * comes to them and holds no list of their files, so that millions are no matter.
 */
import { type Dirent, existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, resolve, sep } from 'node:path';
import { HeliosError } from '../../protocol/errors.js';

export interface Source {
  /**
   * `json`: the whole file is one value. `ndjson`: one value a line. `msgpack`: one value behind the other. `raw`: the
   * bytes themselves are the value.
   */
  readonly kind: 'json' | 'ndjson' | 'msgpack' | 'raw';
  /** Absolute path, or `-` for stdin. */
  readonly file: string;
  /** How the file is called in messages: as the caller wrote it. */
  readonly label: string;
  /** Its path below the folder that was given, without extension, with `/`; empty for stdin. */
  readonly path: string;
  /** Size of the file; 0 for stdin, whose size nobody knows. */
  readonly bytes: number;
}

export interface SourceOptions {
  readonly cwd: string;
  /** What files given by name are, whatever they are called, and stdin, which is NDJSON when nobody says. */
  readonly kind: 'ndjson' | 'msgpack' | undefined;
  /** Whether files that by their names are nothing else are values themselves; so is stdin then. */
  readonly isRaw?: boolean;
}

const NDJSON_EXTENSIONS = ['.ndjson', '.jsonl'];
const MESSAGE_PACK_EXTENSIONS = ['.msgpack', '.mp'];
const READ_IN_FOLDERS = ['.json', ...NDJSON_EXTENSIONS, ...MESSAGE_PACK_EXTENSIONS];

/**
 * Checks that everything named exists, before anything is read.
 * @throws HeliosError `INVALID_REQUEST` (details: `path`)
 */
export function checkPaths(paths: readonly string[], cwd: string): void {
  for (const path of paths) {
    if (path === '-' || existsSync(resolve(cwd, path))) continue;
    throw new HeliosError('INVALID_REQUEST', `There is no file or folder ${path}.`, { details: { path } });
  }
}

export async function* sourcesOf(paths: readonly string[], options: SourceOptions): AsyncGenerator<Source> {
  for (const path of paths) {
    if (path === '-') {
      yield { kind: options.kind ?? (options.isRaw ? 'raw' : 'ndjson'), file: '-', label: 'stdin', path: '', bytes: 0 };
      continue;
    }
    const file = resolve(options.cwd, path);
    const found = await readable(path, stat(file));
    if (found.isDirectory()) yield* inFolder(file, path, [], options);
    else yield sourceOf(file, path, [basename(file)], found.size, options);
  }
}

/** In order of names; folders and files that begin with a dot are left alone, links to folders are not followed. */
async function* inFolder(
  folder: string,
  label: string,
  below: readonly string[],
  { isRaw = false }: Pick<SourceOptions, 'isRaw'>,
): AsyncGenerator<Source> {
  const entries = await readable(label, readdir(folder, { withFileTypes: true }));
  for (const entry of entries.sort(byName)) {
    if (entry.name.startsWith('.')) continue;
    const path = [...below, entry.name];
    const file = join(folder, entry.name);
    if (entry.isDirectory()) yield* inFolder(file, join(label, entry.name), path, { isRaw });
    else if (isRaw || READ_IN_FOLDERS.includes(extname(entry.name))) {
      const found = await readable(join(label, entry.name), stat(file));
      if (found.isFile()) yield sourceOf(file, join(label, entry.name), path, found.size, { kind: undefined, isRaw });
    }
  }
}

function sourceOf(
  file: string,
  label: string,
  below: readonly string[],
  bytes: number,
  { kind: said, isRaw = false }: Pick<SourceOptions, 'kind' | 'isRaw'>,
): Source {
  const extension = extname(file);
  const kind = said ?? kindOf(extension, isRaw);
  const path = below.join('/');
  return { kind, file, label: label.split(sep).join('/'), path: path.slice(0, path.length - extension.length), bytes };
}

function kindOf(extension: string, isRaw: boolean): Source['kind'] {
  if (NDJSON_EXTENSIONS.includes(extension)) return 'ndjson';
  if (MESSAGE_PACK_EXTENSIONS.includes(extension)) return 'msgpack';
  return isRaw && extension !== '.json' ? 'raw' : 'json';
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

async function readable<T>(label: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw unreadable(label, error);
  }
}

/** What the system says about a file, as an error of ours. */
export function unreadable(label: string, error: unknown): HeliosError {
  const said = error instanceof Error ? error.message : String(error);
  return new HeliosError('INVALID_REQUEST', `${label} can't be read: ${said}.`, {
    details: { path: label },
    cause: error,
  });
}
