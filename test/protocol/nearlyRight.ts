/** Messages that are right but for a few places, which hold something else, or nothing, or more. */
import fc from 'fast-check';
import { root } from './messageSamples.js';

const jsonAnything = fc.oneof(
  fc.constantFrom(null, '', '_', root, 'queued', 'failed', 'materialized', 'busy', 'a\u0000', 'x'.repeat(2_000)),
  fc.constantFrom(0, 1, -1, 0.5, 1.5, 1e300, true, [], {}, { count: 1 }),
  fc.string({ maxLength: 3, unit: 'grapheme-ascii' }),
  fc.array(fc.constantFrom('a', 1, null, {}), { maxLength: 3 }),
);
const anything = fc.oneof(
  jsonAnything,
  fc.constantFrom(undefined, -0, Number.NaN, Infinity, 2 ** 60, 3n, new Date(5), new Date(Number.NaN), new Map()),
  fc.anything({ maxDepth: 1 }),
);

/** Anything may stand in the place of anything. */
export function nearlyRight(right: object): fc.Arbitrary<unknown> {
  return changed(right, anything);
}

/** What stands in a place is as JSON has it. */
export function nearlyRightJson(right: object): fc.Arbitrary<unknown> {
  return changed(right, jsonAnything);
}

function changed(right: object, instead: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const change = fc.record({ pick: fc.nat(), how: fc.constantFrom('put', 'drop', 'add'), value: instead });
  return fc.array(change, { maxLength: 3 }).map((changes) => {
    let message: unknown = structuredClone(right);
    for (const { pick, how, value: drawn } of changes) {
      // Of its own: one that is drawn twice would otherwise end up within itself.
      const value: unknown = structuredClone(drawn);
      const places = placesIn(message);
      const place = places[pick % (places.length + 1)];
      if (place === undefined) message = value;
      else if (how === 'put') Reflect.set(place.holder, place.key, value);
      else if (how === 'drop') drop(place);
      else Reflect.set(place.holder, 'more', value);
    }
    return message;
  });
}

interface Place {
  readonly holder: object;
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [{ holder: value, key }, ...placesIn(item)]);
}

/** Without leaving a hole. */
function drop({ holder, key }: Place): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
}
