/** Differences of collections that are split: told entry by entry, field by field, and they lead from one to the other. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Change, Helios, type StateReference, type Value } from '../src/index.js';

const helios = await Helios.open({ store: 'memory' });
afterAll(() => helios.close());

type Row = { n: number; text: string; tags: string[] };
const SIZE = 1_500;

function row(n: number): Row {
  return { n, text: `row ${n} of a table that is split over many blocks`, tags: [`t${n % 7}`] };
}

function rows(): Row[] {
  return Array.from({ length: SIZE }, (_, n) => row(n));
}

type Loose = StateReference<Value, Value>;

function changesOf(before: unknown, after: unknown): readonly (readonly unknown[])[] {
  return told((before as Loose).diff(after as Loose));
}

function told(changes: Iterable<Change>): readonly (readonly unknown[])[] {
  return [...changes].map((change) => [change.path.join('/'), change.before, change.after]);
}

describe('the differences of split', () => {
  it('lists are of the fields that changed, of what came and of what went', () => {
    const before = helios.create('list', rows());
    const after = before.edit((draft) => {
      const list = draft as unknown as Row[];
      (list[700] as Row).n = -1;
      (list[1_200] as Row).tags.push('new');
      list.splice(300, 1);
      list.push(row(SIZE));
    });
    expect(changesOf(before, after)).toEqual([
      ['300', row(300), undefined],
      [String(SIZE - 1), undefined, row(SIZE)],
      ['699/n', 700, -1],
      ['1199/tags/1', undefined, 'new'],
    ]);
    expect(before.patch(before.diff(after)).root).toBe(after.root);
  });

  it('records and Maps are of the fields that changed, of Sets of the members', () => {
    const entries = rows().map((one) => [`row ${one.n}`, one] as const);
    const record = helios.create('record', Object.fromEntries(entries) as Record<string, Value>);
    const changed = record.edit((draft) => {
      (draft['row 9'] as Row).tags = [];
      delete draft['row 1000'];
      draft.added = 1;
    });
    expect(changesOf(record, changed)).toEqual([
      ['added', undefined, 1],
      ['row 1000', row(1_000), undefined],
      ['row 9/tags/0', 't2', undefined],
    ]);
    const map = helios.create('map', new Map<Value, Value>(entries));
    const other = map.edit((draft) => {
      (draft.get('row 9') as Row).n = 0;
      draft.set('row 10', 'something else');
    });
    expect(changesOf(map, other)).toEqual([
      ['row 10', row(10), 'something else'],
      ['row 9/n', 9, 0],
    ]);
    const set = helios.create('set', new Set<Value>(rows().map(({ text }) => text)));
    const fewer = set.edit((draft) => {
      draft.delete(row(5).text);
      draft.add('new');
    });
    expect(changesOf(set, fewer)).toHaveLength(2);
    for (const [one, next] of [
      [record, changed],
      [map, other],
      [set, fewer],
    ] as unknown as [Loose, Loose][]) {
      expect(one.patch(one.diff(next)).root).toBe(next.root);
      expect(next.patch(next.diff(one)).root).toBe(one.root);
    }
  });

  it('lists lead from the one to the other, whatever was done to them', () => {
    const before = helios.create('list', rows());
    const step = fc.tuple(fc.constantFrom('set', 'field', 'insert', 'remove', 'move'), fc.nat(), fc.nat());
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const after = before.edit((draft) => {
          for (const [what, a, b] of steps) act(draft as unknown as Row[], what, a, b);
        });
        const changes = [...before.diff(after)];
        expect(before.patch(changes).root).toBe(after.root);
        expect(changes.length).toBeLessThanOrEqual(steps.length * 3);
      }),
      { numRuns: 150 },
    );
  });
});

function act(list: Row[], what: string, a: number, b: number): void {
  const at = a % list.length;
  if (what === 'set') list[at] = row(b);
  else if (what === 'field') (list[at] as Row).text = `changed ${b}`;
  else if (what === 'insert') list.splice(at, 0, row(-b - 1));
  else if (what === 'remove') list.splice(at, 1);
  else list.splice(b % list.length, 0, ...list.splice(at, 1));
}
