import { describe, expect, it } from 'vitest';
import { draftOf, errorOf } from './drafting.js';

const TYPED = [
  () => new Uint8Array([1, 2]),
  () => new Int16Array([1, 2]),
  () => new Float64Array([1, 2]),
  () => new BigInt64Array([1n, 2n]),
  () => new Uint8ClampedArray([1, 2]),
];

describe('a Date in a draft', () => {
  it('is a Date that can be set', () => {
    const drafting = draftOf({ at: new Date(0), list: [new Date(1)], map: new Map([['a', new Date(2)]]) });
    drafting.edit((draft) => {
      expect(draft.at).toBeInstanceOf(Date);
      expect(structuredClone(draft.at)).toEqual(new Date(0));
      expect(draft.at).toBe(draft.at);
      draft.at.setUTCFullYear(2000);
      draft.list[0]?.setTime(10);
      draft.map.get('a')?.setTime(20);
    });
    expect(drafting.value).toStrictEqual({
      at: new Date('2000-01-01T00:00:00Z'),
      list: [new Date(10)],
      map: new Map([['a', new Date(20)]]),
    });
  });

  it('changes nothing when it was only read, or set to what it was', () => {
    const drafting = draftOf({ at: new Date(5), deep: [{ at: new Date(6) }] });
    const { tree } = drafting;
    let kept: Date | undefined;
    drafting.edit((draft) => {
      draft.at.setTime(5);
      kept = draft.deep[0]?.at;
    });
    expect(drafting.tree).toBe(tree);
    expect(kept?.getTime()).toBe(6);
  });

  it('can be moved, shared and set afterwards', () => {
    const drafting = draftOf<{ a: Date; b?: Date; list: Date[] }>({ a: new Date(1), list: [] }).edit((draft) => {
      draft.b = draft.a;
      draft.list.push(draft.a);
      expect(draft.list.indexOf(draft.a)).toBe(0);
      draft.a.setTime(9);
    });
    expect(drafting.value).toEqual({ a: new Date(9), b: new Date(9), list: [new Date(9)] });
  });

  it('is refused when it has become invalid, by the path', () => {
    const drafting = draftOf({ list: [new Date(1)] });
    const recipe = (draft: { list: Date[] }) => draft.list[0]?.setTime(Number.NaN);
    expect(errorOf(() => drafting.edit(recipe))).toMatchObject({
      code: 'UNSUPPORTED_VALUE',
      details: { path: ['list', 0], found: 'an invalid Date' },
    });
  });

  it('is no way into the new state afterwards', () => {
    let kept: Date | undefined;
    const drafting = draftOf({ at: new Date(1) }).edit((draft) => {
      kept = draft.at;
      kept.setTime(2);
    });
    kept?.setTime(3);
    expect(drafting.value.at.getTime()).toBe(2);
  });
});

describe('bytes in a draft', () => {
  it('can be written, and keep their type', () => {
    for (const make of TYPED) {
      const drafting = draftOf({ bytes: make(), list: [make()] }).edit((draft) => {
        expect(draft.bytes).toStrictEqual(make());
        draft.bytes.reverse();
        draft.list[0]?.set(make().subarray(1) as never);
      });
      const copy = make();
      copy.set(make().subarray(1) as never);
      expect(drafting.value).toStrictEqual({ bytes: make().reverse(), list: [copy] });
    }
    const view = draftOf({ view: new DataView(new ArrayBuffer(4)) }).edit((draft) => draft.view.setInt8(1, 5));
    expect(view.value.view).toStrictEqual(new DataView(new Uint8Array([0, 5, 0, 0]).buffer));
  });

  it('are seen to change through any view on them', () => {
    const drafting = draftOf({ numbers: new Float32Array(2) }).edit((draft) => {
      new Uint8Array(draft.numbers.buffer)[3] = 64;
    });
    expect(drafting.value.numbers[0]).toBe(2);
  });

  it('change nothing when they were only read, or written with what they were', () => {
    const drafting = draftOf({ bytes: new Uint8Array([1, 2]), nan: new Float64Array([Number.NaN]) });
    const { tree } = drafting;
    drafting.edit((draft) => {
      draft.bytes[0] = 1;
      draft.nan.fill(Number.NaN);
    });
    expect(drafting.tree).toBe(tree);
  });

  it('are the recipe’s own: what it writes before or after changes no state', () => {
    const drafting = draftOf({ bytes: new Uint8Array([1]) });
    const before = drafting.tree;
    let kept: Uint8Array | undefined;
    drafting.edit((draft) => {
      kept = draft.bytes;
      kept[0] = 2;
    });
    kept?.fill(3);
    expect(drafting.value.bytes).toEqual(new Uint8Array([2]));
    expect(before).toEqual({ bytes: new Uint8Array([1]) });
  });
});
