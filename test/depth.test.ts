/**
 * Nesting: a value has 1,000 levels at most, the same on every machine. Everything works at the limit on a stack of the usual
 * size; beyond it, however far, whatever brings such a value is refused, and nothing runs out of stack.
 */
import { describe, expect, it } from 'vitest';
import { Helios, type HeliosError, type Value } from '../src/index.js';
import { findingsOf } from './wholeStore.js';

const LIMIT = 1_000;
const SHAPES = {
  lists: (below: unknown) => [below],
  records: (below: unknown) => ({ down: below }),
  Maps: (below: unknown) => new Map([['down', below]]),
  Sets: (below: unknown) => new Set([below]),
  'Maps as keys': (below: unknown) => new Map([[below, 1]]),
};

function nested(levels: number, wrap: (below: unknown) => unknown, end: unknown = 'end'): Value {
  let value = end;
  for (let level = 0; level < levels; level++) value = wrap(value);
  return value as Value;
}

async function refusal(run: () => unknown): Promise<readonly unknown[]> {
  try {
    await run();
  } catch (error) {
    const { code, details, message } = error as HeliosError;
    return [code, details?.found ?? message];
  }
  return ['it was taken'];
}

describe.each(Object.entries(SHAPES))('%s within each other', (_, wrap) => {
  it('work at 1,000 levels, all the way through', async () => {
    const helios = await Helios.open({ store: 'memory' });
    const value = { top: nested(LIMIT - 1, wrap), other: 1 };
    const first = helios.create('record', value);
    await first.save('deep');
    const loaded = await helios.load('deep');
    // assert.deepStrictEqual runs out of stack with Maps so deep.
    expect(helios.create('record', loaded.materialize() as Record<string, Value>).root).toBe(first.root);
    expect(helios.create('list', [loaded.at(['top']) ?? null]).root).toBe(helios.create('list', [value.top]).root);
    const shallower = nested(LIMIT - 2, wrap, 'another end');
    const second = loaded.edit((draft) => {
      (draft as Record<string, unknown>).top = shallower;
      (draft as Record<string, unknown>).other = 2;
    });
    await second.save();
    const changes = [...first.diff(second as never)];
    expect(first.patch(changes).root).toBe(second.root);
    const theirs = first.edit((draft) => {
      draft.other = 3;
    });
    expect(helios.merge(first as never, second as never, theirs as never).conflicts).toHaveLength(1);
    const both = helios.superpose([first, second].map((ref) => ({ ref: ref as never, weight: 0.5 })));
    await both.save('both');
    expect(await findingsOf(helios)).toEqual([]);
    await helios.collect();
    const out: Uint8Array[] = [];
    await helios.exportTo(new WritableStream({ write: (chunk) => void out.push(chunk) }), ['deep', 'both']);
    const other = await Helios.open({ store: 'memory' });
    await other.importFrom(ReadableStream.from(out) as ReadableStream<Uint8Array>);
    expect((await other.load('deep')).root).toBe(second.root);
    expect((await (await helios.request('deep')).result).value).toBeDefined();
    await helios.close();
    await other.close();
  });

  it.each([LIMIT + 1, 10_000, 1_000_000])(
    'are refused at %i levels, by all that could bring them',
    async (levels) => {
      const helios = await Helios.open({ store: 'memory' });
      const deep = nested(levels, wrap);
      const ref = helios.create('record', { a: 1 } as Record<string, Value>);
      await ref.save('shallow');
      const loose = (draft: unknown) => draft as Record<string, unknown>;
      const ways: Record<string, () => unknown> = {
        create: () => helios.create('record', { deep }),
        edit: () =>
          ref.edit((draft) => {
            loose(draft).deep = deep;
          }).root,
        'a write that is read again': () =>
          ref.edit((draft) => {
            loose(draft).deep = { within: deep };
            loose(draft).again = loose(draft).deep;
          }).root,
        patch: () => ref.patch([{ kind: 'add', path: ['deep'], before: undefined, after: deep } as never]).root,
        save: () => helios.create('list', [deep]).save('deep'),
      };
      for (const [way, run] of Object.entries(ways)) {
        expect([way, ...(await refusal(run))]).toEqual([way, 'UNSUPPORTED_VALUE', 'depth']);
      }
      expect((await helios.load('shallow')).materialize()).toEqual({ a: 1 });
      await helios.close();
    },
    30_000,
  );

  it('are refused where an edit moves them too far down', async () => {
    const helios = await Helios.open({ store: 'memory' });
    const ref = helios.create('record', { deep: nested(LIMIT - 1, wrap), below: {} } as Record<string, Value>);
    await ref.save('deep');
    const loaded = await helios.load('deep');
    const moved = () =>
      loaded.edit((draft) => {
        const fields = draft as Record<string, Record<string, unknown>>;
        (fields.below as Record<string, unknown>).deep = fields.deep;
      });
    expect(await refusal(moved)).toEqual(['UNSUPPORTED_VALUE', 'depth']);
    await helios.close();
  });
});
