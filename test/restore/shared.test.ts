import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Helios } from '../../src/index.js';

let helios: Helios;

beforeEach(async () => {
  made = 0;
  helios = await Helios.open({ store: 'memory' });
});
afterEach(() => helios.close());

/** Splits into text nodes. Tools are one block, memories a list that is split. */
const PROMPT_LENGTH = 20_000;

function template(number: number) {
  const text = (seed: number, length: number) =>
    Array.from({ length: length / 8 }, (_, at) =>
      ((seed * 7_919 + at * 104_729) % 99_999_999).toString().padStart(8, '0'),
    ).join('');
  return {
    name: `template-${number}`,
    prompt: text(number, PROMPT_LENGTH),
    tools: Array.from({ length: 8 }, (_, at) => ({ name: `tool-${at}`, description: text(number * 100 + at, 240) })),
    memories: Array.from({ length: 40 }, (_, at) => ({ at, what: text(number * 1_000 + at, 320) })),
  };
}

interface Agent {
  readonly id: number;
  readonly template: ReturnType<typeof template> & { readonly bytes?: Uint8Array };
}

let made = 0;

async function agents(count: number, more: object = {}): Promise<Agent[]> {
  const all: Agent[] = [];
  for (let one = 0; one < count; one++) {
    const id = made++;
    await helios.create('record', { id, template: template(1), ...more }).save(`agents/${id}`);
    all.push(await materialized(id));
  }
  return all;
}

async function materialized(id: number): Promise<Agent> {
  return (await helios.load(`agents/${id}`)).materialize() as unknown as Agent;
}

describe('a component that several objects hold', () => {
  it('is the very same object in all of them from the second time on', async () => {
    const [first, second, third, fourth] = await agents(4);
    expect(first).toEqual({ id: 0, template: template(1) });
    expect(second?.template).toEqual(first?.template);
    expect(third).toEqual({ id: 2, template: template(1) });
    expect(third?.template.tools).toBe(second?.template.tools);
    expect(third?.template.memories).toBe(second?.template.memories);
    expect(fourth?.template.tools).toBe(second?.template.tools);
    expect(Object.isFrozen(third?.template.tools[3])).toBe(true);
  });

  it('is counted once, however many hold it', async () => {
    await agents(2);
    const two = helios.stats();
    await agents(50, { later: true });
    const fifty = helios.stats();
    expect(fifty.shared.components).toBe(two.shared.components);
    expect(fifty.shared.bytes).toBe(two.shared.bytes);
    expect(fifty.shared.holders).toBeGreaterThan(two.shared.holders);
    expect(fifty.shared.savedBytes).toBeGreaterThan(45 * PROMPT_LENGTH);
    // Each of the others cost little more than its cell.
    expect(fifty.cache.bytes - two.cache.bytes).toBeLessThan(50 * 1_000);
  });

  it('is the same object also when it is asked for by itself', async () => {
    const made = await agents(3);
    await helios.create('list', template(1).tools).save('tools');
    const before = helios.stats().types.list?.restored ?? 0;
    expect((await helios.load('tools')).materialize()).toBe(made[2]?.template.tools);
    expect(helios.stats().types.list?.restored).toBe(before);
  });

  it('is shared through a component between, and within one object', async () => {
    const inner = template(1).tools;
    for (const name of ['a', 'b', 'c']) {
      const value = { name, wrapped: { inner, filling: name.repeat(4_000) }, again: inner };
      await helios.create('record', value).save(name);
    }
    const [, b, c] = (await Promise.all(
      ['a', 'b', 'c'].map(async (name) => (await helios.load(name)).materialize()),
    )) as {
      wrapped: { inner: object };
      again: object;
    }[];
    expect(b?.wrapped.inner).toBe(b?.again);
    expect(c?.wrapped.inner).toBe(b?.again);
    expect(c).toEqual({ name: 'c', wrapped: { inner, filling: 'c'.repeat(4_000) }, again: inner });
  });

  it('is nobody else’s where bytes are in it, which can’t be frozen', async () => {
    const made = await agents(3, { template: { bytes: new Uint8Array(4_000).fill(7), name: 'x'.repeat(3_000) } });
    const [, second, third] = made;
    expect(third?.template).toEqual(second?.template);
    expect(third?.template.bytes).not.toBe(second?.template.bytes);
  });
});

describe('a shared component that nothing holds any more', () => {
  it('is let go, and its bytes are free', async () => {
    await agents(5);
    expect(helios.stats().shared.components).toBeGreaterThan(0);
    const { cache } = Helios.runtime(helios);
    const { budgetBytes } = cache;
    Helios.runtime(helios).rooms.grant(0);
    expect(helios.stats()).toMatchObject({ shared: { components: 0, bytes: 0, holders: 0 }, cache: { bytes: 0 } });
    const { promotions, demotions } = helios.stats().shared;
    expect(demotions).toBe(promotions);
    expect(cache.reservedBytes).toBe(0);
    Helios.runtime(helios).rooms.grant(budgetBytes);
    const [first, second] = [await materialized(3), await materialized(4)];
    expect(second.template.tools).toBe(first.template.tools);
  });

  it('never takes more than its part of the memory, whatever is built', async () => {
    const budget = 400_000;
    Helios.runtime(helios).rooms.grant(budget);
    for (let round = 0; round < 3; round++) {
      for (let number = 0; number < 40; number++) {
        const name = `agents/${round}/${number}`;
        await helios.create('record', { round, template: template(number) }).save(name);
        expect((await helios.load(name)).materialize()).toEqual({ round, template: template(number) });
        const { cache, shared } = helios.stats();
        expect(shared.bytes).toBeLessThanOrEqual(budget / 2);
        expect(cache.bytes + shared.bytes).toBeLessThanOrEqual(budget);
        expect(Helios.runtime(helios).cache.reservedBytes).toBe(shared.bytes);
      }
    }
    expect(helios.stats().shared.demotions).toBeGreaterThan(0);
  });
});
