import { DeltaSnapshot, emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HeliosSaver } from '../../../src/adapters/langgraph/index.js';

let saver: HeliosSaver;
beforeEach(() => {
  saver = new HeliosSaver({ store: 'memory' });
});
afterEach(() => saver.end());

let clock = 0;

interface Step {
  readonly values?: Record<string, unknown>;
  readonly metadata?: object;
  readonly namespace?: string;
}

/** A row of checkpoints, each with a write of its own. */
async function row(thread: string, steps: readonly Step[]): Promise<string[]> {
  const ids: string[] = [];
  for (const [step, { values = { a: step }, metadata = {}, namespace = '' }] of steps.entries()) {
    const versions = Object.fromEntries(Object.keys(values).map((channel) => [channel, step + 1]));
    const checkpoint = { ...emptyCheckpoint(), id: uuid6(++clock), channel_values: values, channel_versions: versions };
    const parent = ids.at(-1);
    const configurable = {
      thread_id: thread,
      checkpoint_ns: namespace,
      ...(parent === undefined ? {} : { checkpoint_id: parent }),
    };
    const put = await saver.put(
      { configurable },
      checkpoint,
      { source: 'loop', step, parents: {}, ...metadata },
      versions,
    );
    await saver.putWrites(put, [['a', `write ${step}`]], `task ${step}`);
    ids.push(checkpoint.id);
  }
  return ids;
}

async function left(thread: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { checkpoint } of saver.list({ configurable: { thread_id: thread } })) ids.push(checkpoint.id);
  return ids.sort();
}

const latest = (thread: string, namespace = '') =>
  saver.getTuple({ configurable: { thread_id: thread, checkpoint_ns: namespace } });

describe('a thread that is pruned', () => {
  it('keeps the newest checkpoint of each namespace, with its writes', async () => {
    const ids = await row('t', [{}, {}, {}]);
    const inner = await row('t', [{ namespace: 'inner:1' }, { namespace: 'inner:1' }]);
    await saver.prune(['t', 'nobody'], { strategy: 'keep_latest' });
    expect(await left('t')).toEqual([ids[2], inner[1]].sort());
    expect((await latest('t'))?.pendingWrites).toEqual([['task 2', 'a', 'write 2']]);
    expect((await latest('t', 'inner:1'))?.pendingWrites).toEqual([['task 1', 'a', 'write 1']]);
    const [next] = await row('t', [{}]);
    expect((await latest('t'))?.checkpoint.id).toBe(next);
  });

  it('keeps what delta channels are replayed from', async () => {
    const counters = { metadata: { counters_since_delta_snapshot: { log: [1, 1] } } };
    const ids = await row('t', [
      { values: { log: ['older'] } },
      { values: { log: new DeltaSnapshot(['seed']) } },
      { values: {}, ...counters },
      { values: {}, ...counters },
    ]);
    const before = await saver.getDeltaChannelHistory({
      config: { configurable: { thread_id: 't' } },
      channels: ['log'],
    });
    await saver.prune(['t'], { strategy: 'keep_latest' });
    expect(await left('t')).toEqual(ids.slice(1));
    const after = await saver.getDeltaChannelHistory({
      config: { configurable: { thread_id: 't' } },
      channels: ['log'],
    });
    expect(after).toEqual(before);
  });

  it('is gone with the strategy to delete it; others are refused', async () => {
    await row('t', [{}]);
    await row('other', [{}]);
    await saver.prune(['t'], { strategy: 'delete' });
    expect([await left('t'), (await left('other')).length]).toEqual([[], 1]);
    await expect(saver.prune(['t'], { strategy: 'keep' as never })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('is small again: what is left is what the newest checkpoint needs', async () => {
    const steps = Array.from({ length: 30 }, (_, step) => ({ values: { text: `${step} `.repeat(2_000) } }));
    await row('t', steps);
    const bytesOf = async () => (await (await saver.helios).load('langgraph/t')).bytes;
    const before = await bytesOf();
    await saver.prune(['t'], { strategy: 'keep_latest' });
    expect(await bytesOf()).toBeLessThan(before / 20);
    expect((await latest('t'))?.checkpoint.channel_values.text).toBe('29 '.repeat(2_000));
  });
});

it('checkpoints of some runs are taken away, and the newest that stays is the newest', async () => {
  const run = (id: string) => ({ metadata: { run_id: id } });
  const ids = await row('t', [run('one'), run('one'), run('two'), run('three')]);
  await row('u', [run('two')]);
  await saver.deleteForRuns(['two', 'three']);
  expect(await left('t')).toEqual(ids.slice(0, 2));
  expect((await latest('t'))?.checkpoint.id).toBe(ids[1]);
  expect(await latest('u')).toBeUndefined();
});
