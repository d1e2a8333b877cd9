import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Change, defineType, Helios, HeliosError, type StateReference } from '../src/index.js';

/** What a program without types may hand over, and no method of ours wants. */
const ODD: readonly unknown[] = [
  ...[null, 5, -1, Number.NaN, 'a text', '', Symbol('odd'), 10n, [], {}, () => {}, [Symbol('odd')], [null]],
  ...[new Date(Number.NaN), new Proxy({}, { getPrototypeOf: () => null })],
];
let helios: Helios;
let ref: StateReference<{ readonly a: number; readonly list: number[] }>;
beforeEach(async () => {
  helios = await Helios.open({ store: 'memory' });
  ref = helios.create('record', { a: 1, list: [1, 2, 3] });
  await ref.save('saved');
});
afterEach(() => helios.close());

type Loose = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** Calls a method, reads what it gives a little, and gives back what was thrown that is not said in our words. */
async function unsaid(on: object, method: string, args: readonly unknown[]): Promise<string | undefined> {
  try {
    const given = await (on as Loose)[method]?.(...args);
    if (method === 'diff') Array.from(given as Iterable<unknown>);
    if (method === 'list' || method === 'history' || method === 'verify') {
      for await (const _ of given as AsyncIterable<unknown>);
    }
  } catch (error) {
    if (error instanceof HeliosError && error.code !== 'INTERNAL') return undefined;
    return `${method}: ${error instanceof Error ? error.stack : String(error)}`;
  }
  return undefined;
}

async function allUnsaid(on: object, calls: Readonly<Record<string, readonly (readonly unknown[])[]>>) {
  const said: (string | undefined)[] = [];
  for (const [method, all] of Object.entries(calls)) for (const args of all) said.push(await unsaid(on, method, args));
  return said.filter((one) => one !== undefined);
}

/** Each odd thing as the options, and as each of their fields. */
function optionsOf(before: readonly unknown[], fields: readonly string[]): unknown[][] {
  return ODD.flatMap((odd) => [
    [...before, odd],
    ...fields.filter((field) => field !== 'signal' || odd !== null).map((field) => [...before, { [field]: odd }]),
  ]);
}

describe('what no method wants', () => {
  it('is refused by those of Helios with INVALID_REQUEST or another code of ours', async () => {
    expect(
      await allUnsaid(helios, {
        create: ODD.map((odd) => [odd, {}]),
        load: [...ODD.map((odd) => [odd, 'saved']), ...optionsOf(['saved'], ['version'])],
        find: ODD.map((odd) => [odd]),
        list: optionsOf([], ['prefix', 'type', 'after', 'limit']),
        history: optionsOf(['saved'], ['limit']),
        update: optionsOf(['saved', () => {}], ['retries', 'create']),
        delete: optionsOf(['saved'], ['expect']),
        checkpoint: ODD.flatMap((odd) => [
          ['saved', odd],
          ['saved', odd, null],
          ['saved', 'label', odd],
        ]),
        saveAll: [...ODD.map((odd) => [odd]), ...optionsOf([[]], ['atomic'])],
        revert: ODD.map((odd) => ['saved', odd]),
        merge: ODD.map((odd) => [ref, ref, odd]),
        superpose: ODD.flatMap((odd) => [[odd], [[odd]], [[{ ref, weight: odd }]]]),
        watch: optionsOf([], ['prefix', 'name', 'signal']),
        events: ODD.filter((odd) => typeof odd !== 'object' || odd === null).map((odd) => [odd]),
        collect: optionsOf([], ['signal', 'onProgress']),
        verify: optionsOf([], ['signal', 'onProgress']),
        sharing: optionsOf([], ['prefix', 'type', 'signal', 'onProgress']),
        exportTo: ODD.flatMap((odd) => [
          [new WritableStream(), odd],
          [odd, ['saved']],
        ]),
        importFrom: ODD.map((odd) => [odd]),
      }),
    ).toEqual([]);
  });

  it('is refused by those of a reference', async () => {
    expect(
      await allUnsaid(ref, {
        at: ODD.map((odd) => [odd]),
        isLocal: ODD.flatMap((odd) => [[odd], [[odd]]]),
        fetch: [...optionsOf([], ['paths', 'signal']), ...ODD.map((odd) => [{ paths: [odd] }])],
        branch: optionsOf([], ['weight']),
        diff: ODD.map((odd) => [odd]),
        save: [...ODD.map((odd) => [odd]), ...optionsOf(['other'], ['expect', 'message', 'signal'])],
        patch: ODD.flatMap((odd) => [
          [odd],
          [[odd]],
          [[{ kind: odd, path: ['a'], after: 1 }]],
          [[{ kind: 'change', path: odd, after: 1 }]],
          [[{ kind: 'change', path: ['a', odd], after: 1 }]],
        ]),
      }),
    ).toEqual([]);
  });

  it('is refused by those of a superposition, and by open and defineType', async () => {
    const both = helios.superpose([{ ref, weight: 1 }]);
    const random = ODD.filter((odd) => odd !== undefined);
    expect(
      await allUnsaid(both, {
        observe: random.flatMap((odd) => [[odd], [() => odd]]),
        prune: ODD.map((odd) => [odd]),
        collapse: ODD.map((odd) => [odd]),
      }),
    ).toEqual([]);
    const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } };
    expect(
      await allUnsaid(
        { defineType, open: async (options: never) => (await Helios.open(options)).close() },
        {
          defineType: ODD.flatMap((odd) => [
            ...[[odd], [{ name: odd, schema }], [{ name: 'a', schema: odd }], [{ name: 'a', schema, version: odd }]],
            ...[[{ name: 'a', schema, upgrade: odd }], [{ name: 'a', schema, retention: odd }]],
            ...[
              [{ name: 'a', schema, retention: { versions: odd } }],
              [{ name: 'a', schema, retention: { days: odd } }],
            ],
          ]),
          open: ODD.flatMap((odd) =>
            ['types', 'memoryBytes', 'durability', 'graceMs', 'prefix'].map((field) => [
              { store: 'memory', [field]: odd },
            ]),
          ),
        },
      ),
    ).toEqual([]);
  });
});

it('a refusal names the option, what it is, and what came', async () => {
  const text = 'limit of list() is a number of 0 or more; got the text "3".';
  const listing = helios.list({ limit: '3' as never })[Symbol.asyncIterator]();
  await expect(listing.next()).rejects.toMatchObject({ code: 'INVALID_REQUEST', message: text });
  expect(() => helios.watch(null as never)).toThrow(
    'The options of watch() are an object with prefix, name, signal; got null.',
  );
});

it('a stream that somebody else reads or writes is refused', async () => {
  const [out, input] = [new WritableStream<Uint8Array>(), new ReadableStream<Uint8Array>()];
  out.getWriter();
  input.getReader();
  await expect(helios.exportTo(out, ['saved'])).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  await expect(helios.importFrom(input)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});

describe('a patch', () => {
  it.each([
    ['a place in an array that is none', { kind: 'add', path: ['list', 'x'], after: 9 }],
    ['a place behind the end', { kind: 'add', path: ['list', 5], after: 9 }],
    ['a change of what would be the next element', { kind: 'change', path: ['list', 3], after: 9 }],
    ['a fraction', { kind: 'remove', path: ['list', 0.5] }],
    ['a place before the start', { kind: 'remove', path: ['list', -1] }],
  ] as readonly [string, Change][])('of %s has no place', (_, change) => {
    expect(() => ref.patch([change])).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  it('adds right behind the end', () => {
    expect(ref.patch([{ kind: 'add', path: ['list', 3], after: 4 }]).at('list')).toEqual([1, 2, 3, 4]);
  });
});

describe('a value that hides its own size', () => {
  const hiding = (value: object, name: string | symbol, hidden: unknown) =>
    Object.defineProperty(value, name, { value: hidden });
  it.each([
    ['a Map', hiding(new Map([[1, 2]]), 'size', 50)],
    ['a Map that walks otherwise', hiding(new Map([[1, 2]]), Symbol.iterator, () => [][Symbol.iterator]())],
    ['a Set', hiding(new Set([1]), 'size', 0)],
    ['bytes', hiding(new Uint8Array(4_000), 'byteLength', 4)],
    ['a view', hiding(new DataView(new ArrayBuffer(8)), 'byteOffset', 4)],
  ])('is refused: %s', (_, value) => {
    expect(() => helios.create('record', { value: value as never })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_VALUE', details: expect.objectContaining({ path: ['value'] }) }),
    );
    expect(() =>
      ref.edit((draft) => {
        Object.assign(draft, { value });
      }),
    ).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VALUE' }));
  });
});

describe('bytes whose memory was given away', () => {
  const givenAway = (make: (memory: ArrayBuffer) => ArrayBufferView) => {
    const memory = new ArrayBuffer(16);
    const view = make(memory);
    structuredClone(memory, { transfer: [memory] });
    return view;
  };
  it.each([
    ['a typed array', (memory: ArrayBuffer) => new Uint8Array(memory)],
    ['one of bigints', (memory: ArrayBuffer) => new BigInt64Array(memory)],
    ['a view', (memory: ArrayBuffer) => new DataView(memory)],
  ])('are refused, and not stored as empty: %s', (_, make) => {
    const refusal = expect.objectContaining({ code: 'UNSUPPORTED_VALUE' });
    expect(() => helios.create('record', { bytes: givenAway(make) })).toThrow(refusal);
    expect(() => helios.create('list', [givenAway(make)])).toThrow(refusal);
    expect(() => ref.edit((draft) => Object.assign(draft, { bytes: givenAway(make) }) && undefined)).toThrow(refusal);
  });

  it('are refused when that happened within an edit', () => {
    const bytes = helios.create('record', { bytes: new Uint8Array(8) });
    const edit = () =>
      bytes.edit(
        (draft) => void structuredClone(draft.bytes.buffer, { transfer: [draft.bytes.buffer as ArrayBuffer] }),
      );
    expect(edit).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    expect(bytes.materialize().bytes).toEqual(new Uint8Array(8));
  });

  it('that are empty by themselves are kept', () => {
    const empty = [new Uint8Array(0), new DataView(new ArrayBuffer(0)), new BigUint64Array(0)];
    expect(helios.create('list', empty).materialize()).toEqual(empty);
  });
});

it('weights whose sum is beyond all numbers are shares all the same', () => {
  const other = helios.create('record', { a: 2, list: [1] });
  const { branches } = helios.superpose([
    { ref, weight: 1e308 },
    { ref: other, weight: 1.5e308 },
  ]);
  expect(branches.map(({ weight }) => weight).sort()).toEqual([expect.closeTo(0.4, 12), expect.closeTo(0.6, 12)]);
});
