/** Objects that were saved before their types changed, so that restoring them is work: see configs/waiting.config.mjs. */
import { fileURLToPath } from 'node:url';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { defineType, Helios, type ObjectType, type Root, type Value } from '../../src/index.js';

export const WAITING_CONFIG = fileURLToPath(new URL('configs/waiting.config.mjs', import.meta.url));

type Thing = Readonly<Record<string, Value>>;

function oldType(name: string): ObjectType<Thing> {
  const validate = (value: unknown) => ({ value: value as Thing });
  const schema: StandardSchemaV1<Thing, Thing> = { '~standard': { version: 1, vendor: 'test', validate } };
  return defineType({ name, schema });
}

/** Saves values under names, all of one type; gives the roots by name. */
export async function saveOld(
  store: string,
  typeName: string,
  values: Readonly<Record<string, Thing>>,
): Promise<ReadonlyMap<string, Root>> {
  const helios = await Helios.open({ store });
  const type = oldType(typeName);
  const roots = new Map<string, Root>();
  const saves = Object.entries(values).map(async ([name, value]) => {
    const { root } = await helios.create(type, value).save(name);
    roots.set(name, root);
  });
  await Promise.all(saves);
  await helios.close();
  return roots;
}
