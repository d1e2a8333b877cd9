import { deepStrictEqual } from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TreeEdit } from '../../src/state/tree/edit.js';
import { type Drafting, draftOf, errorOf, rootOf } from './drafting.js';

/** Enough for two levels of nodes: one level is put together. */
const BYTES = 120_000;
const LENGTH = 120_000;

interface Typed {
  readonly length: number;
  readonly buffer: ArrayBufferLike;
  readonly byteLength: number;
  readonly byteOffset: number;
  readonly BYTES_PER_ELEMENT: number;
  [index: number]: number | bigint;
}
// biome-ignore lint/suspicious/noExplicitAny: the same is done to typed arrays of numbers and of bigints
type Loose = any;

const TYPES = [
  ...[Uint8Array, Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array],
  ...[Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array],
];
const isBig = (View: unknown) => View === BigInt64Array || View === BigUint64Array;

/** A typed array of many blocks, no two stretches alike. */
function arrayOf(View: (typeof TYPES)[number], length = LENGTH): Loose {
  const array = new View(length) as Loose;
  for (let n = 0; n < length; n++) {
    const value = Math.imul(n, 2_654_435_761) % 201;
    array[n] = isBig(View) ? BigInt(Math.abs(value)) : value;
  }
  return array;
}

function same<T extends object>(value: T, recipe: (draft: T) => unknown): Drafting<T> {
  const drafting = draftOf(structuredClone(value));
  let seen: unknown;
  drafting.edit((draft) => {
    seen = recipe(draft);
  });
  const plain = structuredClone(value);
  deepStrictEqual(seen, recipe(plain));
  deepStrictEqual(drafting.value, plain);
  expect(rootOf(drafting.tree)).toBe(rootOf(plain));
  return drafting;
}

describe('a large typed array in a draft', () => {
  it.each(TYPES)('does what a real one does: %o', (View) => {
    const length = BYTES / View.BYTES_PER_ELEMENT;
    const one = (value: number) => (isBig(View) ? BigInt(value) : value);
    same({ data: arrayOf(View, length) }, ({ data }) => {
      const seen: unknown[] = [data instanceof View, data.length, data.byteLength, data.BYTES_PER_ELEMENT];
      seen.push(data[7], data.at(-1), data[length], data[-1], data['1.5'], data['-0'], 5 in data, length in data);
      data[100] = one(77);
      data[length] = one(1);
      data[-1] = one(1);
      seen.push(data.fill(one(9), 14_000, 14_010) === data);
      data.set([one(1), one(2), one(3)], 50);
      data.set(data.subarray(10, 400), 12);
      data.subarray(5_000, 5_100).fill(one(3));
      data.subarray(-50).subarray(5, 6)[0] = one(8);
      data.copyWithin(9_000, 100, 300);
      data.copyWithin(-10, -20);
      data.subarray(100, 9_000).reverse();
      data.subarray(200, 300).sort();
      data.subarray(300, 400).sort((a: number | bigint, b: number | bigint) => (a < b ? 1 : -1));
      data.copyWithin(5, 3, 2);
      seen.push(data.indexOf(one(77)), data.lastIndexOf(one(9)), data.includes(one(200)), data.slice(90, 110));
      seen.push(data.subarray(3, 9).join(), data.subarray(3, 2).length, data.subarray(3, 9).byteOffset);
      seen.push(
        data.subarray(0, 9).map((value: number | bigint) => value),
        data.slice(5, 4),
        data.slice(-3),
      );
      seen.push(data.filter((value: number | bigint) => value === one(77)));
      seen.push(data.find((value: number | bigint, at: number) => at > 8_999 && value > 5));
      seen.push([...data.subarray(0, 5)], [...data.subarray(0, 2).entries()], [...data.subarray(0, 2).keys()]);
      seen.push(data.reduce((sum: number, value: number | bigint) => sum + Number(value), 0));
      seen.push(
        data.every((value: number | bigint) => value < 300),
        data.some((value: number | bigint) => value < 0),
      );
      seen.push(data.subarray(0, 4).toString(), Object.prototype.toString.call(data));
      seen.push(Object.keys(data.subarray(0, 3)), { ...data.subarray(0, 2) }, Object.hasOwn(data, 3));
      seen.push(new View(data.subarray(0, 30)), Array.from(data.subarray(0, 3)));
      return seen;
    });
  });

  it('has the methods that give copies', () => {
    const data = arrayOf(Int16Array) as Int16Array;
    draftOf({ data }).edit((draft) => {
      const part = draft.data.subarray(1_000, 1_020) as Loose;
      const real = [...data.subarray(1_000, 1_020)];
      deepStrictEqual(part.toSorted(), Int16Array.from(real).sort());
      deepStrictEqual(
        part.toSorted((a: number, b: number) => b - a),
        Int16Array.from(real).sort().reverse(),
      );
      deepStrictEqual(part.toReversed(), Int16Array.from(real).reverse());
      deepStrictEqual(part.with(-1, 5), Int16Array.from([...real.slice(0, -1), 5]));
      expect(() => part.with(20, 5)).toThrow(RangeError);
      expect(part).not.toBe(draft.data.subarray(1_000, 1_020));
      expect(draft.data).toBe(draft.data);
    });
  });

  it('turns what it is given into elements, as the class does, and refuses what it refuses', () => {
    same({ data: arrayOf(Uint8Array) as Loose, clamped: arrayOf(Uint8ClampedArray) as Loose }, ({ data, clamped }) => {
      data[5_000] = 300;
      data[5_001] = '7';
      data[5_002] = undefined;
      clamped[5_000] = 300;
      data.fill(-1, 6_000, 6_002);
      data.set({ length: 2, 0: 1.9, 1: '9' }, 7_000);
      const refused = [
        () => data.set([1, 2], LENGTH - 1),
        () => data.set([1], -1),
        () => data.fill(1n),
        () => data.subarray(0, 1).map(5),
        () => {
          data[0] = 1n;
        },
      ];
      return refused.map((run) => {
        try {
          run();
          return 'passed';
        } catch (error) {
          return (error as Error).constructor.name;
        }
      });
    });
    draftOf({ data: arrayOf(BigInt64Array) as Loose }).edit(({ data }) => {
      expect(() => data.fill(1)).toThrow(TypeError);
      expect(() => {
        data[3] = 1;
      }).toThrow(TypeError);
    });
  });

  it('is shown as what it is, without being loaded', () => {
    const drafting = draftOf({ data: arrayOf(Float32Array) as Loose });
    drafting.edit(({ data }) => {
      const { loads } = drafting;
      expect(inspect(data)).toContain('[a Float32Array of 120000, many blocks]');
      expect(inspect(data.subarray(5, 9))).toContain('[a Float32Array of 4, many blocks]');
      expect(drafting.loads).toBe(loads);
    });
  });

  it('takes no property of its own, and stays what it is', () => {
    draftOf({ data: arrayOf(Uint8Array) as Loose }).edit(({ data }) => {
      for (const wrong of [
        () => {
          data.note = 1;
        },
        () => Object.freeze(data),
        () => Object.setPrototypeOf(data, null),
        () => delete data[0],
        () => Object.defineProperty(data, 0, { get: () => 1 }),
      ]) {
        expect(wrong).toThrow();
      }
      expect(delete data.absent).toBe(true);
      Object.defineProperty(data, 0, { value: 9, writable: true, enumerable: true, configurable: true });
      expect(data[0]).toBe(9);
      expect(Reflect.ownKeys(data)).toHaveLength(LENGTH);
      const { fill } = data;
      expect(() => fill(0)).toThrow(TypeError);
      expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype);
    });
  });

  it('has a buffer: then all of it is loaded, and what is written there counts', () => {
    const floats = (arrayOf(Float32Array) as Float32Array).slice();
    const drafting = draftOf({ data: floats }).edit((draft) => {
      draft.data[10_000] = 5;
      const view = new DataView(draft.data.buffer);
      expect(view.getFloat32(40_000, true)).toBe(5);
      view.setFloat32(80_000, 6, true);
      expect(draft.data[20_000]).toBe(6);
      draft.data[20_001] = 7;
      draft.data.set([8, 9], 100);
      expect([...draft.data.slice(20_000, 20_002), ...draft.data.subarray(100, 102)]).toEqual([6, 7, 8, 9]);
    });
    floats.set([5], 10_000);
    floats.set([6, 7], 20_000);
    floats.set([8, 9], 100);
    deepStrictEqual(drafting.value, { data: floats });
    expect(rootOf(drafting.tree)).toBe(rootOf({ data: floats }));
  });

  it('changes nothing when it was only read, or written with what it was', () => {
    const drafting = draftOf({ data: arrayOf(Float64Array) as Float64Array, deep: [{ data: arrayOf(Uint8Array) }] });
    const { tree } = drafting;
    drafting.edit((draft) => {
      draft.data[5_000] = draft.data[5_000] ?? 0;
      draft.data.set(draft.data.slice(0, 9_000));
      draft.data[1] = 77;
      draft.data[1] = arrayOf(Float64Array)[1];
      draft.deep[0]?.data.buffer;
    });
    expect(drafting.tree).toBe(tree);
  });

  it('loads the leaf that is touched and the nodes above it', () => {
    const drafting = draftOf({ data: arrayOf(Float64Array, 250_000) as Float64Array });
    drafting.edit((draft) => {
      draft.data[100_000] = 1;
    });
    expect(drafting.loads).toBeLessThanOrEqual(5);
    const before = drafting.loads;
    drafting.edit((draft) => {
      draft.data.subarray(100_000, 100_500).fill(3);
      draft.data.set([1, 2], 249_998);
      expect(draft.data.length).toBe(250_000);
      expect(draft.data.slice(5, 7)).toHaveLength(2);
    });
    expect(drafting.loads - before).toBeLessThanOrEqual(15);
  });

  it('goes on from edit to edit, before anything is encoded', () => {
    const plain = arrayOf(Int32Array) as Int32Array;
    const drafting = draftOf({ data: plain.slice() });
    for (let n = 0; n < 30; n++) {
      const at = (n * 7_919) % (LENGTH - 40);
      drafting.edit((draft) => {
        draft.data.fill(n, at, at + n);
        if (n % 10 === 9)
          expect(draft.data.slice(at - 5, at + 40)).toEqual(plain.fill(n, at, at + n).slice(at - 5, at + 40));
      });
      plain.fill(n, at, at + n);
    }
    deepStrictEqual(drafting.value, { data: plain });
    expect(rootOf(drafting.tree)).toBe(rootOf({ data: plain }));
  });

  it('can be moved, shared, copied in part, and written to afterwards', () => {
    const plain = arrayOf(Uint16Array) as Uint16Array;
    const drafting = draftOf<Record<string, unknown>>({ data: plain.slice(), list: [] }).edit((draft) => {
      const data = draft.data as Uint16Array;
      draft.moved = data;
      (draft.list as unknown[]).push(data, { part: data.subarray(3, 5) });
      draft.part = data.subarray(10, 12);
      data[0] = 999;
      delete draft.data;
    });
    const after = plain.slice().fill(999, 0, 1);
    deepStrictEqual(drafting.value, {
      list: [after, { part: plain.slice(3, 5) }],
      moved: after,
      part: plain.slice(10, 12),
    });
  });

  it('is refused after its edit, and in another one', () => {
    let kept: Uint8Array | undefined;
    const drafting = draftOf({ data: arrayOf(Uint8Array) as Uint8Array, a: 0 as unknown });
    drafting.edit((draft) => {
      kept = draft.data;
    });
    const ended = { code: 'INVALID_REQUEST', message: /has ended/ };
    expect(errorOf(() => kept?.[0])).toMatchObject(ended);
    expect(errorOf(() => kept?.fill(0))).toMatchObject(ended);
    expect(errorOf(() => drafting.edit((draft) => (draft.a = kept)))).toMatchObject(ended);
    drafting.edit((outer) => {
      const error = errorOf(() => draftOf({ a: 0 as unknown }).edit((inner) => (inner.a = outer.data)));
      expect(error).toMatchObject({ code: 'INVALID_REQUEST', message: /draft of another/ });
    });
  });
});

describe('bytes that are a state themselves', () => {
  const bytesDrafting = (bytes: ArrayBufferView) => draftOf(bytes as Loose);

  it.each([10, 5_000, 60_000])('are changed in place, or returned anew: %i of them', (length) => {
    const plain = arrayOf(Uint8Array, length) as Uint8Array;
    const drafting = bytesDrafting(plain.slice());
    drafting.edit((draft) => draft.fill(7, 2, 4));
    deepStrictEqual(drafting.value, plain.fill(7, 2, 4));
    const longer = new Uint8Array([...plain, 1, 2, 3]);
    drafting.edit((draft) => new Uint8Array([...draft, 1, 2, 3]));
    deepStrictEqual(drafting.value, longer);
    drafting.edit((draft) => draft.subarray(1));
    deepStrictEqual(drafting.value, longer.slice(1));
    drafting.edit((draft) => draft.slice().reverse());
    deepStrictEqual(drafting.value, longer.slice(1).reverse());
    const { tree } = drafting;
    drafting.edit((draft) => draft.slice());
    expect(drafting.tree).toBe(tree);
  });

  it('of many blocks may be returned as others of the same length: what differs is written', () => {
    const plain = arrayOf(Uint8Array) as Uint8Array;
    const drafting = bytesDrafting(plain.slice());
    const { tree } = drafting;
    drafting.edit((draft) => draft.slice());
    expect(drafting.tree).toBe(tree);
    drafting.edit((draft) => draft.map((byte: number, at: number) => (at === 70_000 ? 1 : byte)));
    expect(drafting.tree).toBeInstanceOf(TreeEdit);
    deepStrictEqual(drafting.value, plain.fill(1, 70_000, 70_001));
    drafting.edit((draft) => draft.slice(0, -1));
    deepStrictEqual(drafting.value, plain.slice(0, -1));
    expect(rootOf(drafting.tree)).toBe(rootOf(plain.slice(0, -1)));
  });

  it('refuse what is none, as the recipe of anything else does', () => {
    for (const length of [10, 60_000]) {
      const drafting = bytesDrafting(arrayOf(Uint8Array, length));
      expect(errorOf(() => drafting.edit(() => [1]))).toMatchObject({ message: /returned a new array/ });
      expect(errorOf(() => drafting.edit(async () => new Uint8Array(1)))).toMatchObject({ message: /synchronous/ });
      const { tree } = drafting;
      drafting.edit(() => 5);
      expect(drafting.tree).toBe(tree);
    }
    expect(errorOf(() => draftOf<unknown>([1]).edit(() => new Uint8Array(1)))).toMatchObject({
      message: /a new bytes/,
    });
  });

  it('of few blocks, and views on them, are real ones, and written back as what they were', () => {
    for (const View of [...TYPES, DataView]) {
      const made = arrayOf(Uint8Array, 8_000) as Uint8Array;
      const plain = new (View as Loose)(made.slice().buffer) as Typed;
      const drafting = draftOf({ data: new (View as Loose)(made.slice().buffer) as Typed }).edit((draft) => {
        expect(ArrayBuffer.isView(draft.data)).toBe(true);
        new Uint8Array(draft.data.buffer).set([1, 2, 3], 4_001);
      });
      new Uint8Array(plain.buffer).set([1, 2, 3], 4_001);
      deepStrictEqual(drafting.value, { data: plain });
      expect(rootOf(drafting.tree)).toBe(rootOf({ data: plain }));
      const { tree } = drafting;
      drafting.edit((draft) => draft.data.byteLength);
      expect(drafting.tree).toBe(tree);
    }
  });
});

describe('writes to a typed array', () => {
  it('give the root of what comes out, whatever they are', () => {
    const write = fc.tuple(fc.nat(), fc.nat({ max: 400 }), fc.nat({ max: 255 }), fc.nat({ max: 5 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...TYPES),
        fc.nat({ max: 30_000 }),
        fc.array(fc.array(write, { maxLength: 6 }), { minLength: 1, maxLength: 3 }),
        (View, length, rounds) => {
          const plain = arrayOf(View, length);
          const drafting = draftOf({ data: plain.slice() as Loose, n: 0 });
          const run = (data: Loose, [at, size, value, kind]: readonly [number, number, number, number]) => {
            const element = isBig(View) ? BigInt(value) : value;
            const from = length === 0 ? 0 : at % length;
            if (kind === 0) data[from] = element;
            else if (kind === 1) data.fill(element, from, from + size);
            else if (kind === 2) data.set(Array(Math.min(size, length - from)).fill(element), from);
            else if (kind === 3) data.copyWithin(from, at % 500, (at % 500) + size);
            else if (kind === 4) data.subarray(from, from + size).reverse();
            else return [...data.slice(from, from + 3)];
            return 0;
          };
          for (const writes of rounds) {
            const seen: unknown[] = [];
            drafting.edit((draft) => {
              for (const each of writes) seen.push(run(draft.data, each));
            });
            deepStrictEqual(
              seen,
              writes.map((each) => run(plain, each)),
            );
            expect(rootOf(drafting.tree)).toBe(rootOf({ data: plain, n: 0 }));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
