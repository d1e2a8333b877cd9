import { describe, expect, it } from 'vitest';
import { BATCHES_REMEMBERED_MAX, createBatches } from '../../../src/bus/nats/batches.js';
import { decodeMessage, encodeMessage, MAX_BATCH, MAX_BATCH_BYTES } from '../../../src/protocol/index.js';

function open({ payloadBytesMax = 1_048_576, fails = false } = {}) {
  const sent: { subject: string; items: unknown; reply: string | undefined }[] = [];
  const lost: [string, number][] = [];
  const batches = createBatches({
    send: (subject, payload, reply) => {
      if (fails) throw new Error('no');
      sent.push({ subject, items: decodeMessage(payload), reply });
    },
    onLost: (_, subject, count) => lost.push([subject, count]),
    payloadBytesMax: () => payloadBytesMax,
  });
  const add = (subject: string, item: unknown, reply?: string) => batches.add(subject, reply, encodeMessage(item));
  return { batches, sent, lost, add };
}

/** Past the microtasks of this turn, within it. */
const endOfTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('batches', () => {
  it('hold what a turn publishes to one subject with one reply but for its last token', async () => {
    const { sent, add } = open();
    for (const id of ['1', '2', '3']) add('work.a', id, `reports.${id}`);
    add('work.b', '4', 'reports.4');
    expect(sent).toEqual([]);
    await endOfTurn();
    expect(sent).toEqual([
      { subject: 'work.a', items: ['1', '2', '3'], reply: 'reports.batch-0' },
      { subject: 'work.b', items: ['4'], reply: 'reports.batch-1' },
    ]);
  });

  it('hold what goes to one subject but for its last token where no answer is awaited', async () => {
    const { sent, add } = open();
    for (const id of ['1', '2']) add(`_INBOX.x.${id}`, id);
    add('_INBOX.y.3', '3');
    await endOfTurn();
    expect(sent).toEqual([
      { subject: '_INBOX.x.batch', items: ['1', '2'], reply: undefined },
      { subject: '_INBOX.y.batch', items: ['3'], reply: undefined },
    ]);
  });

  it('gather over all microtasks of a turn, and no turn more', async () => {
    const { sent, add } = open();
    const deep = async (id: number) => {
      for (let hops = 0; hops < id; hops++) await undefined;
      add('a', id, `r.${id}`);
    };
    await Promise.all(Array.from({ length: 20 }, (_, id) => deep(id)));
    expect(sent).toEqual([]);
    await endOfTurn();
    expect(sent.map(({ items }) => items)).toEqual([Array.from({ length: 20 }, (_, id) => id)]);
  });

  it('go out in the turn in which they were made: before any timer or immediate', async () => {
    const { sent, add } = open();
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        add('a', 1, 'r.1');
        setImmediate(() => {
          order.push(`immediate after ${sent.length}`);
          resolve();
        });
      }, 0);
    });
    expect(order).toEqual(['immediate after 1']);
  });

  it('keep the order of everything to one place, also when replies change', async () => {
    const { batches, sent, add } = open();
    add('a', 1, 'r.1');
    add('a', 2, 's.2');
    add('a', 3, 's.3');
    batches.flushBefore('a');
    add('b.4', 4);
    batches.flushBefore('b.4');
    batches.flushBefore('c.4');
    expect(sent.map(({ items, reply }) => [items, reply])).toEqual([
      [[1], 'r.batch-0'],
      [[2, 3], 's.batch-1'],
      [[4], undefined],
    ]);
    await endOfTurn();
    expect(sent).toHaveLength(3);
  });

  it(`hold ${MAX_BATCH} items at most`, () => {
    const { batches, sent, add } = open();
    for (let id = 0; id < 2 * MAX_BATCH + 1; id++) add('a', id, `r.${id}`);
    batches.flush();
    expect(sent.map(({ items }) => Array.isArray(items) && items.length)).toEqual([MAX_BATCH, MAX_BATCH, 1]);
  });

  it(`take nothing more from ${MAX_BATCH_BYTES} bytes on, and never more than the server does`, () => {
    const large = open();
    for (let id = 0; id < 3; id++) large.add('a', new Uint8Array(MAX_BATCH_BYTES / 2), `r.${id}`);
    expect(large.sent.map(({ items }) => Array.isArray(items) && items.length)).toEqual([2]);
    large.batches.flush();
    const small = open({ payloadBytesMax: 250 });
    for (let id = 0; id < 5; id++) small.add('a', new Uint8Array(100), `r.${id}`);
    small.batches.flush();
    expect(small.sent.map(({ items }) => Array.isArray(items) && items.length)).toEqual([2, 2, 1]);
  });

  it('know the bytes that wait', () => {
    const { batches, add } = open();
    add('a', new Uint8Array(100), 'r.1');
    add('b.2', 'x');
    expect(batches.waitingBytes).toBe(102 + 2);
    batches.flush();
    expect(batches.waitingBytes).toBe(0);
  });

  it('remember where the items of the last ones are awaited', () => {
    const { batches, sent, add } = open();
    for (let id = 0; id < 3; id++) add('a', id, `r.${id}`);
    batches.flush();
    expect(batches.repliesOf('r.batch-0')).toEqual(['r.0', 'r.1', 'r.2']);
    for (const other of ['r.batch-1', 'x.batch-0', 'r.0', 'r.batch-', 'r.batch-!', 'r.batch', 'batch-0']) {
      expect(batches.repliesOf(other)).toBeUndefined();
    }
    for (let id = 0; id < BATCHES_REMEMBERED_MAX; id++) {
      add('a', id, `r.${id}`);
      batches.flush();
    }
    expect(batches.repliesOf('r.batch-0')).toBeUndefined();
    expect(batches.repliesOf('r.batch-1')).toEqual(['r.0']);
    expect(batches.repliesOf(sent.at(-1)?.reply ?? '')).toEqual([`r.${BATCHES_REMEMBERED_MAX - 1}`]);
  });

  it('that can not be sent are told, and the others go', async () => {
    const { lost, add } = open({ fails: true });
    for (const id of [1, 2]) add('a', id, `r.${id}`);
    add('b', 3, 'r.3');
    await endOfTurn();
    expect(lost).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });
});
