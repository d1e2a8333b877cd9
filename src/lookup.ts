/**
 * How a worker finds what a request asks for: a name's head, or a root with its type, and the recipe for restoring it.
 */
import type { Found } from './actors/index.js';
import { HeliosError, type WorkMessage } from './protocol/index.js';
import { type Objects, parsePaths, type TypeMetrics, type TypeRegistry } from './restore/index.js';
import { storedPart, unknownObject, type Version, versionOf } from './state/index.js';
import type { Store } from './store/index.js';

export interface LookupOptions {
  readonly store: Store;
  readonly objects: Objects;
  readonly types: TypeRegistry;
  readonly metrics: TypeMetrics;
}

/** Sizes of objects that are remembered, at most. */
const SIZES_MAX = 4_096;

interface Identity {
  readonly root: string;
  readonly type: string;
  readonly schemaVersion: number;
  /** That of the type as it is known here. */
  readonly newest: number;
  readonly version: Version | undefined;
}

export function createLookup(options: LookupOptions): (request: WorkMessage['request']) => Found {
  const { objects, metrics } = options;
  const partAt = (root: string) => objects.lentPart(root) ?? storedPart(root);
  /** By root, which stands for the same bytes for ever. */
  const sizes = new Map<string, number>();
  const storedBytes = (root: string) => {
    const known = sizes.get(root);
    if (known !== undefined) return known;
    try {
      const bytes = objects.totalBytes(partAt(root));
      if (sizes.size >= SIZES_MAX) sizes.clear();
      sizes.set(root, bytes);
      return bytes;
    } catch (error) {
      if (HeliosError.is(error, 'NOT_LOCAL')) return 0;
      throw error;
    }
  };
  return (request) => {
    const { root, type, schemaVersion, newest, version } = identify(request, options);
    const paths = request.paths === undefined ? undefined : parsePaths(request.paths);
    const suffix = request.paths === undefined ? '' : JSON.stringify(request.paths);
    return {
      root,
      type,
      version,
      mode: paths === undefined ? 'whole' : 'paths',
      isOld: schemaVersion !== newest,
      key: `${root} ${type}@${schemaVersion}${suffix}`,
      steps: () => objects.restoration({ part: partAt(root), type, schemaVersion, paths }),
      storedBytes,
      metrics: metrics.cell(type),
    };
  };
}

function identify(request: WorkMessage['request'], { store, types }: LookupOptions): Identity {
  if (request.object !== undefined) {
    const head = store.heads.get(request.object);
    if (head === undefined) throw unknownObject(request.object, store);
    if (request.type !== undefined && request.type !== head.type) {
      throw otherType(request.object, head.type, request.type);
    }
    const { version: newest } = types.require(head.type);
    const { root, type, schemaVersion } = head;
    return { root, type, schemaVersion, newest, version: versionOf(head) };
  }
  const { root, type, schemaVersion } = request;
  const { version: newest } = types.require(type);
  return { root, type, schemaVersion: schemaVersion ?? newest, newest, version: undefined };
}

export function otherType(name: string, found: string, asked: string): HeliosError {
  const text = `"${name}" is of type ${found}, not ${asked}. Ask for it as what it is.`;
  return new HeliosError('INVALID_REQUEST', text, { details: { name, type: found, asked } });
}
