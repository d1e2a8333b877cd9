/**
 * What a person writes to name a state: `name`, `name@version`, or a root with its type. A name may hold an `@` itself,
 * so a name that exists wins over a name with a version.
 */
import type { Helios, Root, StateReference, Value } from '../index.js';
import { HeliosError } from '../protocol/errors.js';
import type { Runtime } from '../runtime.js';

export type AnyReference = StateReference<Value, Value>;

export interface Opened {
  readonly helios: Helios;
  readonly runtime: Runtime;
}

const ROOT = /^[0-9a-f]{64}$/;

/**
 * Loads the state that `text` names.
 * @param type what the state is of, when `text` is a root
 * @throws HeliosError `UNKNOWN_OBJECT` with the nearest name, `INVALID_REQUEST` for a root without type
 */
export async function loadTarget(
  { helios, runtime }: Opened,
  text: string,
  type: string | undefined,
): Promise<AnyReference> {
  const found = await helios.find(text);
  if (found !== null) return found;
  if (isRoot(text)) return loadRoot(runtime, text, type);
  const [, name, version] = /^(.+)@(\d+)$/s.exec(text) ?? [];
  if (name === undefined || version === undefined) return helios.load(text);
  return loadVersion(helios, name, Number(version));
}

/** @throws HeliosError `UNKNOWN_OBJECT` */
export async function loadVersion(helios: Helios, name: string, version: number): Promise<AnyReference> {
  return helios.load(name, { version });
}

export function isRoot(text: string): text is Root {
  return ROOT.test(text);
}

/** A reference on a root that no name need point at. Reads no block. */
async function loadRoot(runtime: Runtime, root: Root, type: string | undefined): Promise<AnyReference> {
  if (type === undefined) {
    const message = `${root} is no name but a root. Say with --type what it is of, for example --type record.`;
    throw new HeliosError('INVALID_REQUEST', message, { details: { root } });
  }
  const { StateReference, storedPart } = await import('../state/index.js');
  const { objects, store, types } = runtime;
  const schemaVersion = types.require(type).version;
  if (!store.blocks.has(root)) {
    throw new HeliosError('UNKNOWN_OBJECT', `No state in this store has the root ${root}.`, { details: { root } });
  }
  const held = { part: storedPart(root), tree: undefined };
  return new StateReference(objects, held, { type, schemaVersion, weight: 1 }, null);
}
