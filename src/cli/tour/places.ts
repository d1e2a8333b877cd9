/** Places in a document that a reader might ask for. */

export interface FoundPlace {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** Everything that lies `depth` keys or indexes deep in plain JSON data, in its order. */
export function placesIn(document: unknown, depth: number): readonly FoundPlace[] {
  let places: readonly FoundPlace[] = [{ path: [], value: document }];
  for (let level = 0; level < depth; level++) places = places.flatMap(within);
  return places;
}

function within({ path, value }: FoundPlace): readonly FoundPlace[] {
  if (Array.isArray(value)) return value.map((item, index) => ({ path: [...path, index], value: item }));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, item]) => ({ path: [...path, key], value: item }));
}
