/** Threads that nobody goes on with are gone after their time. */
import { emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HeliosSaver } from '../../../src/adapters/langgraph/index.js';
import { Helios } from '../../../src/index.js';

const MINUTE = 60_000;
let clock = 0;
const savers: HeliosSaver[] = [];
afterEach(async () => {
  for (const saver of savers.splice(0)) await saver.end();
  vi.restoreAllMocks();
});
/** Before the Helios is opened: it takes the time from there, too. */
let now = 0;
beforeEach(() => {
  now = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => now);
});
const pass = (ms: number) => {
  now += ms;
};

const saverOf = (over: Helios | { readonly store: string }, minutes = 10) => {
  const options = { ttl: { minutes } };
  const saver = over instanceof Helios ? new HeliosSaver(over, options) : new HeliosSaver({ ...over, ...options });
  savers.push(saver);
  return saver;
};
const configOf = (thread: string) => ({ configurable: { thread_id: thread } });
async function put(saver: HeliosSaver, thread: string): Promise<string> {
  const checkpoint = { ...emptyCheckpoint(), id: uuid6(++clock) };
  await saver.put(configOf(thread), checkpoint, { source: 'loop', step: 0, parents: {} }, {});
  return checkpoint.id;
}
async function idsOf(saver: HeliosSaver, config: object = {}): Promise<string[]> {
  const ids: string[] = [];
  for await (const { checkpoint } of saver.list(config)) ids.push(checkpoint.id);
  return ids;
}

describe('a thread whose time is over', () => {
  test('is seen by nobody, and begins anew when it is gone on with', async () => {
    const saver = saverOf({ store: 'memory' });
    await put(saver, 'old');
    pass(9 * MINUTE);
    expect(await saver.getTuple(configOf('old'))).toBeDefined();
    pass(2 * MINUTE);
    expect(await saver.getTuple(configOf('old'))).toBeUndefined();
    expect(await idsOf(saver)).toEqual([]);
    expect(await idsOf(saver, configOf('old'))).toEqual([]);
    await expect(saver.copyThread('old', 'copy')).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    const id = await put(saver, 'old');
    expect(await idsOf(saver, configOf('old'))).toEqual([id]);
  });

  test('is taken away by a sweep, which says which they were', async () => {
    const helios = await Helios.open({ store: 'memory' });
    const saver = saverOf(helios);
    await put(saver, 'a');
    await put(saver, 'b');
    expect(await saver.sweep()).toEqual([]);
    pass(11 * MINUTE);
    expect(await saver.sweep()).toEqual(['a', 'b']);
    expect(await helios.find('langgraph/a')).toBeNull();
    expect(await saver.sweep()).toEqual([]);
    await saver.end();
    await helios.close();
  });

  test('is taken away when another one is gone on with', async () => {
    const helios = await Helios.open({ store: 'memory' });
    const saver = saverOf(helios);
    await put(saver, 'a');
    pass(11 * MINUTE);
    await put(saver, 'b');
    await saver.end();
    expect(await helios.find('langgraph/a')).toBeNull();
    await helios.close();
  });

  test('is no obstacle to a copy under its name', async () => {
    const saver = saverOf({ store: 'memory' });
    await put(saver, 'a');
    pass(11 * MINUTE);
    const id = await put(new HeliosSaver(await saver.helios), 'b');
    await saver.copyThread('b', 'a');
    expect(await idsOf(saver, configOf('a'))).toEqual([id]);
    await expect(saver.copyThread('b', 'a')).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

test('without a time, or with a long one, threads stay', async () => {
  const helios = await Helios.open({ store: 'memory' });
  const saver = new HeliosSaver(helios);
  const id = await put(saver, 'a');
  pass(1e6 * MINUTE);
  await put(saver, 'b');
  expect(await saver.sweep()).toEqual([]);
  expect(await idsOf(saver, configOf('a'))).toEqual([id]);
  await helios.close();
});

test.each([0, -1, Number.NaN, '5'])('a time of %j minutes is refused', (minutes) => {
  expect(() => new HeliosSaver({ store: 'memory', ttl: { minutes: minutes as number } })).toThrow(
    expect.objectContaining({ code: 'INVALID_REQUEST' }),
  );
});
