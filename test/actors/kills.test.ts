import { expect, test } from 'vitest';
import { Kills } from '../../src/actors/kills.js';
import type { JournalRecord, Records } from '../../src/bus/index.js';

/** One record, and somebody else who is first to write it so many times. */
function openRecords(rivals: number) {
  let record: JournalRecord | undefined;
  const records: Records = {
    get: async () => record,
    put: async (_, value, expected) => {
      if (rivals-- > 0) record = { value: { workers: [`rival${rivals}`, 7] }, revision: (record?.revision ?? 0) + 1 };
      if (expected !== (record?.revision ?? 0)) return undefined;
      record = { value, revision: expected + 1 };
      return record.revision;
    },
    delete: async () => {
      record = undefined;
    },
    watch: () => ({ subject: '', unsubscribe: () => {} }),
  };
  return records;
}

test('workers are counted in order, each as often as a request is lost with it', async () => {
  const kills = new Kills(openRecords(0));
  expect(await kills.read('a')).toEqual([]);
  const once = await kills.count('a', 'w', []);
  const twice = await kills.count('a', 'w', once);
  expect(await kills.count('a', 'v', twice)).toEqual(['w', 'w', 'v']);
  expect(await kills.read('a')).toEqual(['w', 'w', 'v']);
  // Asked again, since the answer was lost.
  expect(await kills.count('a', 'v', twice)).toEqual(['w', 'w', 'v']);
  await kills.forget('a');
  expect(await kills.read('a')).toEqual([]);
});

test('what others count meanwhile is kept', async () => {
  expect(await new Kills(openRecords(1)).count('a', 'w', [])).toEqual(['rival0', 'w']);
});

test('somebody who is always first makes it fail, in a way that passes', async () => {
  await expect(new Kills(openRecords(100)).count('a', 'w', [])).rejects.toMatchObject({
    code: 'CONFLICT',
    retryable: true,
  });
});

test('so many are kept, the last ones, and what is no record of ours counts for nothing', async () => {
  const records = openRecords(0);
  const kills = new Kills(records);
  await records.put('kill.a', 'nonsense', 0);
  let all: readonly string[] = [];
  for (let count = 0; count < 20; count++) all = await kills.count('a', `w${count}`, all);
  expect(all).toHaveLength(16);
  expect(all.at(-1)).toBe('w19');
});
