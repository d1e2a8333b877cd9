/**
 * `jiti grown.ts SEED`: draws the values of a seed, grows each by edits, in another order than it was drawn in, saves some
 * on the way, and prints all roots as JSON.
 */
import { Helios, type Value } from '../../../src/index.js';
import { clone } from '../../state/values.js';
import { drawn } from '../drawn.js';

const seed = Number(process.argv[2]);
/** Entries that one edit puts in. */
const STEP = 150;

const helios = await Helios.open({ store: 'memory' });
const roots: string[] = [];
for (const [index, value] of drawn(seed).entries()) {
  let ref = helios.create('record', { value: 'something else', was: 1 } as Record<string, Value>);
  const edits = growing(value);
  for (const [step, edit] of edits.entries()) {
    ref = ref.edit((draft) => edit(draft));
    if ((index + step) % 3 === 0) ref.root;
    if ((index + step) % 7 === 0) await ref.save(`grown/${index}`);
  }
  roots.push(ref.root);
}
console.log(JSON.stringify(roots));
await helios.close();

/** Edits that make of a record what holds nothing but the value. */
function growing(value: Value): ((draft: Record<string, unknown>) => void)[] {
  const put = (draft: Record<string, unknown>, to: unknown) => {
    draft.value = to;
  };
  const rest = (draft: Record<string, unknown>) => {
    delete draft.was;
  };
  if (Array.isArray(value)) {
    const edits = chunks(value).map((chunk) => (draft: Record<string, unknown>) => {
      (draft.value as unknown[]).unshift(...(clone(chunk) as unknown[]));
    });
    return [(draft) => put(draft, []), ...edits.reverse(), rest];
  }
  if (value instanceof Map) {
    const edits = chunks([...value].reverse()).map((chunk) => (draft: Record<string, unknown>) => {
      for (const [key, item] of chunk as [Value, Value][])
        (draft.value as Map<unknown, unknown>).set(clone(key), clone(item));
    });
    return [rest, (draft) => put(draft, new Map()), ...edits];
  }
  if (value instanceof Set) {
    const edits = chunks([...value].reverse()).map((chunk) => (draft: Record<string, unknown>) => {
      for (const member of chunk) (draft.value as Set<unknown>).add(clone(member));
    });
    return [
      rest,
      (draft) => put(draft, new Set([-1])),
      ...edits,
      (draft) => (value.has(-1) ? false : (draft.value as Set<unknown>).delete(-1)),
    ];
  }
  if (isPlain(value)) {
    const edits = chunks(Object.keys(value).reverse()).map((chunk) => (draft: Record<string, unknown>) => {
      for (const key of chunk as string[])
        if (value[key] !== undefined) Reflect.set(draft.value as object, key, clone(value[key]));
    });
    return [(draft) => put(draft, {}), ...edits, rest];
  }
  return [(draft) => put(draft, clone(value)), rest];
}

function isPlain(value: Value): value is Record<string, Value> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function chunks<T>(all: readonly T[]): T[][] {
  const out: T[][] = [];
  for (let from = 0; from < all.length; from += STEP) out.push(all.slice(from, from + STEP));
  return out;
}
