/**
 * `grown.mjs SEED`: draws the values of a seed, grows each by edits, in another order than it was drawn in, saves some on
 * the way, and prints all roots as JSON.
 */
import { createJiti } from 'jiti';
import { Helios } from '../../../dist/index.js';

const jiti = createJiti(import.meta.url);
const { clone } = await jiti.import('../../state/values.ts');
const { drawn } = await jiti.import('../drawn.ts');

const seed = Number(process.argv[2]);
/** Entries that one edit puts in. */
const STEP = 150;

const helios = await Helios.open({ store: 'memory' });
const roots = [];
for (const [index, value] of drawn(seed).entries()) {
  let ref = helios.create('record', { value: 'something else', was: 1 });
  for (const [step, edit] of growing(value).entries()) {
    ref = ref.edit((draft) => edit(draft));
    if ((index + step) % 3 === 0) ref.root;
    if ((index + step) % 7 === 0) await ref.save(`grown/${index}`);
  }
  roots.push(ref.root);
}
console.log(JSON.stringify(roots));
await helios.close();

/** Edits that make of a record what holds nothing but the value. */
function growing(value) {
  const put = (to) => (draft) => {
    draft.value = to();
  };
  const rest = (draft) => {
    delete draft.was;
  };
  if (Array.isArray(value)) {
    const edits = chunks(value).map((chunk) => (draft) => {
      draft.value.unshift(...clone(chunk));
    });
    return [put(() => []), ...edits.reverse(), rest];
  }
  if (value instanceof Map) {
    const edits = chunks([...value].reverse()).map((chunk) => (draft) => {
      for (const [key, item] of chunk) draft.value.set(clone(key), clone(item));
    });
    return [rest, put(() => new Map()), ...edits];
  }
  if (value instanceof Set) {
    const edits = chunks([...value].reverse()).map((chunk) => (draft) => {
      for (const member of chunk) draft.value.add(clone(member));
    });
    const without = (draft) => {
      if (!value.has(-1)) draft.value.delete(-1);
    };
    return [rest, put(() => new Set([-1])), ...edits, without];
  }
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const edits = chunks(Object.keys(value).reverse()).map((chunk) => (draft) => {
      for (const key of chunk) if (value[key] !== undefined) Reflect.set(draft.value, key, clone(value[key]));
    });
    return [put(() => ({})), ...edits, rest];
  }
  return [put(() => clone(value)), rest];
}

function chunks(all) {
  const out = [];
  for (let from = 0; from < all.length; from += STEP) out.push(all.slice(from, from + STEP));
  return out;
}
