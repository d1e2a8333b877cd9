import { describe, expect, it } from 'vitest';
import { callApart, type JournalClock } from '../../src/bus/embeddedJournal/clock.js';
import { roughBytes } from '../../src/bus/embeddedJournal/roughBytes.js';
import { createEmbeddedJournal } from '../../src/bus/embeddedJournal.js';
import { type JournalSettings, journalContract, outcome } from '../contract/journal.js';

const realClock: JournalClock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  soon: queueMicrotask,
};

journalContract('embedded', async (settings: JournalSettings) => {
  const journal = createEmbeddedJournal({ clock: realClock, wallClock: Date.now, ...settings });
  return { here: journal, there: journal };
});

/** Time that stands still until it is told to go on. */
function virtualClock() {
  let time = 0;
  let order = 0;
  const due: { at: number; order: number; callback: () => void }[] = [];
  const clock: JournalClock = {
    now: () => time,
    after: (ms, callback) => {
      const entry = { at: time + ms, order: order++, callback };
      due.push(entry);
      return {
        cancel: () => {
          const place = due.indexOf(entry);
          if (place !== -1) due.splice(place, 1);
        },
      };
    },
    soon: (callback) => void clock.after(0, callback, true),
  };
  const next = () => due.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
  return {
    clock,
    /** Runs what is due up to then, in order. */
    go(ms: number) {
      const until = time + ms;
      for (let entry = next(); entry !== undefined && entry.at <= until; entry = next()) {
        due.splice(due.indexOf(entry), 1);
        time = entry.at;
        entry.callback();
      }
      time = until;
    },
    waiting: () => due.length,
  };
}

describe('the embedded journal', () => {
  it('lives in the time that it is given, and calls nobody back before that goes on', async () => {
    const { clock, go, waiting } = virtualClock();
    const journal = createEmbeddedJournal({ clock, wallClock: () => 1_000_000, ackWaitMs: 100 });
    expect(journal.now()).toBe(1_000_000);
    expect(journal.requests.created).toBe('1970-01-01T00:16:40.000Z');
    const log: string[] = [];
    await journal.requests.submit('normal', 'agent', { n: 1 });
    journal.requests.pull('normal', 2, 1_000, ({ body, delivered, at }) =>
      log.push(`${JSON.stringify(body)} ${delivered} ${at}`),
    );
    journal.outcomes.watch('a', ({ id }) => log.push(`outcome ${id}`));
    await journal.outcomes.create(outcome('a'));
    expect(log).toEqual([]);
    go(0);
    expect(log).toEqual(['{"n":1} 1 1000000', 'outcome a']);
    go(99);
    expect(log).toHaveLength(2);
    go(1);
    expect(log[2]).toBe('{"n":1} 2 1000000');
    expect(journal.now()).toBe(1_000_100);
    await journal.close();
    expect(waiting()).toBe(0);
  });

  it('drops by age when its time has come, and remembers keys as long as it should', async () => {
    const { clock, go } = virtualClock();
    const journal = createEmbeddedJournal({
      clock,
      wallClock: () => 0,
      bounds: { keepMs: 1_000, duplicateWindowMs: 500 },
    });
    await journal.requests.submit('normal', 'agent', {}, { key: 'k' });
    await journal.outcomes.create(outcome('a'));
    await journal.dead.list();
    go(499);
    expect((await journal.requests.submit('normal', 'agent', {}, { key: 'k' })).isDuplicate).toBe(true);
    go(1);
    expect((await journal.requests.submit('normal', 'agent', {}, { key: 'k' })).isDuplicate).toBe(false);
    expect(await journal.requests.size()).toBe(2);
    go(499);
    expect(await journal.outcomes.get('a')).toBeDefined();
    go(1);
    expect(await journal.requests.size()).toBe(1);
    expect(await journal.outcomes.get('a')).toBeUndefined();
  });

  it('makes room for new outcomes by dropping the oldest', async () => {
    const { clock } = virtualClock();
    const journal = createEmbeddedJournal({ clock, wallClock: () => 0, bounds: { outcomeBytes: 65_536 } });
    const value = 'x'.repeat(8_192);
    for (let n = 0; n < 10; n++) expect(await journal.outcomes.create(outcome(`id-${n}`, { value }))).toBe(true);
    expect(await journal.outcomes.get('id-0')).toBeUndefined();
    expect(await journal.outcomes.get('id-9')).toBeDefined();
  });

  it('tells a reader that is too slow for what is kept', async () => {
    const { clock } = virtualClock();
    const journal = createEmbeddedJournal({ clock, wallClock: () => 0, bounds: { eventBytes: 65_536 } });
    const reader = journal.events.read({ after: await journal.events.latest() })[Symbol.asyncIterator]();
    await journal.events.append(outcome('a'));
    expect((await reader.next()).value).toMatchObject({ event: { id: 'a' } });
    const value = 'x'.repeat(8_192);
    for (let n = 0; n < 20; n++) await journal.events.append(outcome(`id-${n}`, { value }));
    await expect(reader.next()).rejects.toMatchObject({ code: 'STALE_REFERENCE' });
  });

  it('lets no receiver harm another by what it throws', () => {
    const { clock, go } = virtualClock();
    const calls: string[] = [];
    callApart(clock, () => {
      throw new Error('broken receiver');
    });
    callApart(clock, () => calls.push('next'));
    expect(calls).toEqual(['next']);
    expect(() => go(0)).toThrow('broken receiver');
  });

  it('knows about how much a message takes', () => {
    expect(roughBytes('x'.repeat(1_000))).toBeGreaterThan(2_000);
    expect(roughBytes({ list: [1, 'two', new Uint8Array(500)], none: undefined })).toBeGreaterThan(500);
    expect(roughBytes(new Map([['key', 'x'.repeat(100)]]))).toBeGreaterThan(200);
    expect(roughBytes(new Set(['x'.repeat(100)]))).toBeGreaterThan(200);
    expect(roughBytes(Object.create({ inherited: 'x'.repeat(1_000) }))).toBeLessThan(100);
    expect(roughBytes(Object.assign(Object.create(null), { text: 'x'.repeat(100) }))).toBeGreaterThan(200);
  });
});
