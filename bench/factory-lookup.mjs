/** Claim: finding the factory of a type costs no more than finding a key in a Map. */
import * as v from 'valibot';
import { defineType } from '../dist/index.js';
import { TypeRegistry } from '../dist/restore/typeRegistry.js';

export const name = 'factory-lookup';
export const claim = 'the type of an object is found as quickly as a key in a Map';

const TYPES = 50;

export async function run(bench) {
  const types = Array.from({ length: TYPES }, (_, index) => {
    return defineType({ name: `type-${index}`, schema: v.object({ hp: v.number() }) });
  });
  const registry = new TypeRegistry(types);
  const map = new Map(registry.names().map((one) => [one, registry.get(one)]));
  const names = types.map((type) => type.name);
  const sink = { type: undefined };
  await bench.compare(`one of ${TYPES} types by name`, {
    subject: {
      name: 'TypeRegistry.require',
      run: (index) => {
        sink.type = registry.require(names[index % TYPES]);
      },
    },
    peer: {
      name: 'Map.get',
      run: (index) => {
        sink.type = map.get(names[index % TYPES]);
      },
    },
    operations: 500_000,
    sample: 'batch',
  });
}
