/**
 * What an exported file says of itself: which names it holds, with their versions and labels. It is a value like any
 * other, in the blocks that its root names; the file's header names that root.
 */
import { HeliosError } from '../../protocol/errors.js';
import { checkHeadName, checkTypeName } from '../../protocol/names.js';
import { type Hash, type Head, isHash, type Store } from '../../store/index.js';
import { unknownObject } from '../versions.js';

export interface ManifestHead {
  readonly name: string;
  /** Oldest first; at least one. */
  readonly versions: readonly Head[];
  readonly labels: ReadonlyMap<string, number>;
}

const KIND = 'helios heads';
const VERSION = 1;

/** @throws HeliosError `UNKNOWN_OBJECT` */
export function manifestOf(store: Store, names: readonly string[]): { heads: ManifestHead[]; value: object } {
  const heads = [...new Set(names)].sort().map((name): ManifestHead => {
    const versions = [...store.heads.history(checkHeadName(name))].reverse();
    if (versions.length === 0) throw unknownObject(name, store);
    return { name, versions, labels: store.heads.labels(name) };
  });
  const listed = heads.map(({ name, versions, labels }) => ({
    name,
    labels: Object.fromEntries(labels),
    versions: versions.map(({ name: _, ...version }) => version),
  }));
  return { heads, value: { kind: KIND, version: VERSION, heads: listed } };
}

/** @throws HeliosError `INVALID_REQUEST` for a value that is no manifest */
export function readManifest(value: unknown): ManifestHead[] {
  const { kind, version, heads }: Record<string, unknown> = Object(value);
  if (kind !== KIND || version !== VERSION || !Array.isArray(heads)) {
    throw foreign(`its root is no list of heads of version ${VERSION}`);
  }
  return heads.map((head: unknown) => readHead(head));
}

function readHead(head: unknown): ManifestHead {
  const { name, versions, labels }: Record<string, unknown> = Object(head);
  if (typeof name !== 'string' || !Array.isArray(versions) || versions.length === 0) {
    throw foreign('a head in it has no name or no versions');
  }
  checkHeadName(name);
  const read = versions.map((version: unknown) => readVersion(name, version));
  for (const [at, { version }] of read.entries()) {
    if (at > 0 && version <= (read[at - 1]?.version ?? 0)) throw foreign(`versions of "${name}" are not in order`);
  }
  const numbers = new Set(read.map(({ version }) => version));
  const labelled = Object.entries(Object(labels)).map(([label, version]): [string, number] => {
    if (typeof version !== 'number' || !numbers.has(version)) throw foreign(`the label "${label}" is on no version`);
    return [label, version];
  });
  return { name, versions: read, labels: new Map(labelled) };
}

function readVersion(name: string, value: unknown): Head {
  const { version, commit, root, type, schemaVersion, weight, at, message }: Record<string, unknown> = Object(value);
  const areHashes = isHashText(commit) && isHashText(root);
  const areNumbers = [version, schemaVersion, weight, at].every((one) => typeof one === 'number');
  if (!areHashes || !areNumbers || typeof type !== 'string' || (message !== undefined && typeof message !== 'string')) {
    throw foreign(`a version of "${name}" is none`);
  }
  checkTypeName(type);
  return {
    ...{ name, version: Number(version), commit: String(commit), root: String(root), type },
    ...{ schemaVersion: Number(schemaVersion), weight: Number(weight), at: Number(at) },
    ...(message === undefined ? {} : { message }),
  };
}

function isHashText(value: unknown): value is Hash {
  return typeof value === 'string' && isHash(value);
}

export function foreign(why: string): HeliosError {
  return new HeliosError('INVALID_REQUEST', `This CAR file is none that \`helios export\` wrote: ${why}.`);
}
