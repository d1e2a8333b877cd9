import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Helios, type StateReference } from '../../src/index.js';
import { editedPairs } from './values.js';

test('a state patched with its difference to another has the other root', async () => {
  await using helios = await Helios.open({ store: 'memory' });
  const made = (value: unknown) => helios.create('record', { value } as never) as StateReference<unknown, unknown>;
  fc.assert(
    fc.property(editedPairs, ([before, after]) => {
      const [a, b] = [made(before), made(after)];
      expect(a.patch(a.diff(b)).root).toBe(b.root);
      expect(b.patch(b.diff(a)).root).toBe(a.root);
      expect(a.patch([]).root).toBe(a.root);
    }),
  );
});

test('a state of another kind at the top is taken over whole', async () => {
  await using helios = await Helios.open({ store: 'memory' });
  const plain = helios.create('record', { a: 1 });
  const bare = helios.create('record', Object.assign(Object.create(null) as object, { a: 1 }) as { a: number });
  expect(plain.root).not.toBe(bare.root);
  expect(plain.patch(plain.diff(bare)).root).toBe(bare.root);
});

test('a patch that does not fit is refused with its path, and the state stays as it was', async () => {
  await using helios = await Helios.open({ store: 'memory' });
  const state = helios.create('record', { list: [1], map: new Map([['a', 1]]), n: 1 });
  const wrong = [
    { kind: 'remove', path: ['nothing'], before: 1 },
    { kind: 'remove', path: ['list', 5], before: 1 },
    { kind: 'remove', path: ['map', 'b'], before: 1 },
    { kind: 'remove', path: ['n', 'deeper'], before: 1 },
    { kind: 'add', path: ['nothing', 'deeper'], after: 1 },
    { kind: 'add', path: ['n', 'deeper'], after: 1 },
  ] as const;
  for (const change of wrong) {
    expect(() => state.patch([change])).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { path: change.path } }),
    );
  }
  expect(state.at('n')).toBe(1);
});
