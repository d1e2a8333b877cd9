import { beforeEach, describe, expect, test } from 'vitest';
import { POLICY_KEY, PolicyRecord } from '../../src/actors/policyRecord.js';
import { createEmbeddedJournal, type JournalRecord, type Records } from '../../src/bus/index.js';
import { draftPolicy, initialPolicy, type Policy } from '../../src/policy/index.js';
import { createManualClock } from '../../src/testing/index.js';

const memory = { heapLimitBytes: 1_000_000 };
const settle = () => new Promise((resolve) => setImmediate(resolve));

let records: Records;
let errors: unknown[];

beforeEach(() => {
  errors = [];
  records = createEmbeddedJournal({ clock: createManualClock(), wallClock: () => 0 }).records;
});

function open(over: Records = records, heapLimitBytes = memory.heapLimitBytes): PolicyRecord {
  return new PolicyRecord({ records: over, memory: { heapLimitBytes }, onError: (error) => errors.push(error) });
}

describe('the record of the policy', () => {
  test('begins with the initial policy, and a commit makes it the draft under the revision as its epoch', async () => {
    const record = open();
    expect(record.policy).toEqual(initialPolicy(memory));
    expect(await record.commit(draftPolicy('high', memory))).toBe(1n);
    expect(record.policy).toEqual({ epoch: 1n, ...draftPolicy('high', memory) });
    expect(await records.get(POLICY_KEY)).toEqual({ value: { level: 'high', threshold: 0.5 }, revision: 1 });
  });

  test('tells all who follow it, in every process, each with budgets of its own memory', async () => {
    const [ours, theirs] = [open(), open(records, 2_000_000)];
    const heard: Policy[] = [];
    const left: Policy[] = [];
    theirs.follow((policy) => heard.push(policy));
    theirs.follow((policy) => left.push(policy))();
    await ours.commit(draftPolicy('high', memory));
    await ours.commit(draftPolicy('normal', memory));
    await settle();
    expect(heard).toEqual([
      { epoch: 1n, ...draftPolicy('high', { heapLimitBytes: 2_000_000 }) },
      { epoch: 2n, ...draftPolicy('normal', { heapLimitBytes: 2_000_000 }) },
    ]);
    expect(left).toEqual([]);
  });

  test('is there for one who comes later, and quiet for one who has left', async () => {
    const [early, gone] = [open(), open()];
    gone.close();
    await early.commit(draftPolicy('critical', memory));
    const late = open();
    await settle();
    expect(late.policy).toEqual(early.policy);
    expect(gone.policy.epoch).toBe(0n);
  });

  test('is committed by one of two who do it at once; the other has the winner', async () => {
    const [one, other] = [open(), open()];
    const epochs = await Promise.all([
      one.commit(draftPolicy('high', memory)),
      other.commit(draftPolicy('critical', memory)),
    ]);
    expect(epochs).toEqual([1n, undefined]);
    expect(other.policy).toEqual({ epoch: 1n, ...draftPolicy('high', memory) });
    // Whoever knows the winner may go on from it.
    expect(await other.commit(draftPolicy('critical', memory))).toBe(2n);
  });

  test('is made anew where somebody has deleted it, and epochs go on', async () => {
    const [one, other] = [open(), open()];
    await one.commit(draftPolicy('high', memory));
    await records.delete(POLICY_KEY);
    await settle();
    expect(one.policy.epoch).toBe(1n);
    const epoch = await other.commit(draftPolicy('elevated', memory));
    await settle();
    expect(epoch).toBeGreaterThan(1n);
    expect(one.policy).toEqual(other.policy);
  });

  test('is left alone when there is no policy in it, and that is said', async () => {
    const record = open();
    await record.commit(draftPolicy('high', memory));
    await records.put(POLICY_KEY, { level: 'fine' }, 1);
    await settle();
    expect(record.policy).toEqual({ epoch: 1n, ...draftPolicy('high', memory) });
    expect(errors).toEqual([expect.objectContaining({ code: 'INVALID_REQUEST' })]);
    // It knows the revision all the same, and can put it right.
    expect(await record.commit(draftPolicy('normal', memory))).toBe(3n);
  });

  test('says so when the journal is closed', async () => {
    const journal = createEmbeddedJournal({ clock: createManualClock(), wallClock: () => 0 });
    const record = open(journal.records);
    await journal.close();
    await expect(record.commit(draftPolicy('high', memory))).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('a journal that counts from the start again', () => {
  /** Records whose watch a test plays, over whatever the test says is there. */
  function played(): { readonly records: Records; there: JournalRecord | undefined; tell(): void } {
    let tell: (record: JournalRecord | undefined) => void = () => {};
    const stage = {
      there: undefined as JournalRecord | undefined,
      tell: () => tell(stage.there),
      records: {
        get: async () => stage.there,
        put: async (_: string, value: unknown, expected: number) => {
          if ((stage.there?.revision ?? 0) !== expected) return undefined;
          stage.there = { value, revision: expected + 1 };
          return stage.there.revision;
        },
        delete: async () => {},
        watch: (subject: string, onChange: typeof tell) => {
          tell = onChange;
          return { subject, unsubscribe: () => {} };
        },
      },
    };
    return stage;
  }
  const recordOf = (level: 'normal' | 'high', revision: number) => ({
    value: { level, threshold: draftPolicy(level, memory).threshold },
    revision,
  });

  test('is followed, and epochs go on behind the last one', () => {
    const stage = played();
    const record = open(stage.records);
    for (const there of [recordOf('high', 500), recordOf('normal', 2), recordOf('high', 3)]) {
      stage.there = there;
      stage.tell();
    }
    expect(record.policy).toEqual({ epoch: 502n, ...draftPolicy('high', memory) });
  });

  test('is noticed by whoever commits, although the watch says nothing', async () => {
    const stage = played();
    const record = open(stage.records);
    stage.there = recordOf('high', 500);
    stage.tell();
    stage.there = recordOf('normal', 2);
    expect(await record.commit(draftPolicy('elevated', memory))).toBeUndefined();
    expect(record.policy).toEqual({ epoch: 501n, ...draftPolicy('normal', memory) });
    expect(await record.commit(draftPolicy('elevated', memory))).toBe(502n);
    stage.there = undefined;
    expect(await record.commit(draftPolicy('high', memory))).toBeUndefined();
    expect(await record.commit(draftPolicy('high', memory))).toBe(503n);
    expect(record.policy).toEqual({ epoch: 503n, ...draftPolicy('high', memory) });
  });

  test('is not taken for one when the watch is behind what a commit has seen', async () => {
    const stage = played();
    const record = open(stage.records);
    stage.there = recordOf('high', 7);
    expect(await record.commit(draftPolicy('normal', memory))).toBeUndefined();
    expect(await record.commit(draftPolicy('normal', memory))).toBe(8n);
    stage.there = recordOf('high', 7);
    stage.tell();
    expect(record.policy).toEqual({ epoch: 8n, ...draftPolicy('normal', memory) });
    expect(errors).toEqual([]);
  });
});
