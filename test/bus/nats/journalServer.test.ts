import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headers, type JetStreamManager, type MsgHdrs, type NatsConnection } from 'nats';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readAck } from '../../../src/bus/nats/journal/delivery.js';
import { fromKeyHeader, toKeyHeader } from '../../../src/bus/nats/journal/key.js';
import { guard } from '../../../src/bus/nats/journal/pull.js';
import { createSubjects, encodeMessage, type HeliosError, type OutcomeMessage } from '../../../src/protocol/index.js';
import { failure, letter, listen, outcome, take } from '../../contract/journal.js';
import { journalBench, SMALL } from './journalBench.js';

const PATIENCE_MS = 10_000;
const bench = journalBench();

afterEach(() => {
  vi.useRealTimers();
});

async function manager(connection: NatsConnection): Promise<JetStreamManager> {
  return await connection.jetstreamManager();
}

function expecting(sequence: string): MsgHdrs {
  const hdrs = headers();
  hdrs.set('Nats-Expected-Last-Subject-Sequence', sequence);
  return hdrs;
}

describe('opening the journal over NATS', () => {
  it('makes what is absent, together with others who do the same', async () => {
    const server = await bench.server();
    const journals = await Promise.all(Array.from({ length: 6 }, () => bench.journal(server)));
    expect(new Set(journals.map(({ requests }) => requests.created)).size).toBe(1);
    const link = await bench.link(server);
    const streams = (await manager(link.connection)).streams;
    const requests = (await streams.info('HELIOS_REQUESTS')).config;
    expect(requests).toMatchObject({ retention: 'workqueue', storage: 'file', discard: 'new', max_age: 86_400e9 });
    expect(requests.subjects).toEqual(['helios.v1.request.*.*']);
    const outcomes = (await streams.info('HELIOS_OUTCOMES')).config;
    expect(outcomes).toMatchObject({ discard: 'new', discard_new_per_subject: true, max_msgs_per_subject: 1 });
    const urgent = await (await manager(link.connection)).consumers.info('HELIOS_REQUESTS', 'urgent');
    expect(urgent.config).toMatchObject({ ack_policy: 'explicit', ack_wait: 30e9, max_ack_pending: 100_000 });
  });

  it('keeps tenants apart by their prefix', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const one = await bench.journal(link);
    const other = await bench.journal(link, { subjects: createSubjects('helios.v1-test') });
    await one.outcomes.create(outcome('a'));
    await one.records.put('policy', 1, 0);
    await one.requests.submit('normal', 'agent', {}, { key: 'k' });
    expect(await other.outcomes.get('a')).toBeUndefined();
    expect(await other.records.get('policy')).toBeUndefined();
    expect(await other.requests.size()).toBe(0);
  });

  it('says how to start a server that has no JetStream', async () => {
    const server = await bench.server({ jetStream: false });
    const opening = bench.journal(server);
    await expect(opening).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    await expect(opening).rejects.toThrow(/-js/);
  });

  it('says so where an account has no JetStream', async () => {
    const config =
      'accounts { A: { users: [{ user: a, password: a }] }, B: { users: [{ user: b, password: b }], jetstream: enabled } }\nno_auth_user: a';
    const server = await bench.server({ config });
    await expect(bench.journal(server)).rejects.toThrow(/no JetStream.*-js/);
  });

  it('says which setting of a stream that is there is another', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const { streams } = await manager(link.connection);
    await streams.add({ name: 'HELIOS_OUTCOMES', subjects: ['helios.v1.outcome.*'] });
    const opening = bench.journal(link);
    await expect(opening).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { stream: 'HELIOS_OUTCOMES', setting: 'discard', expected: 'new', found: 'old' },
    });
    await expect(opening).rejects.toThrow(/HELIOS_OUTCOMES.*discard "old".*"new".*another prefix/);
  });

  it('says who has its subjects already', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    await (await manager(link.connection)).streams.add({ name: 'OTHERS', subjects: ['helios.v1.event.>'] });
    await expect(bench.journal(link)).rejects.toThrow(/HELIOS_EVENTS.*belong to OTHERS/);
  });

  it('leaves bounds that somebody has set as they are', async () => {
    const server = await bench.server();
    await bench.journal(server, { bounds: { ...SMALL, eventBytes: 4_194_304 } });
    const link = await bench.link(server);
    await bench.journal(link, { bounds: { ...SMALL, keepMs: 3_600_000 } });
    const { config } = await (await manager(link.connection)).streams.info('HELIOS_EVENTS');
    expect(config).toMatchObject({ max_bytes: 4_194_304, max_age: 86_400e9 });
  });

  it('takes less where the disk is smaller, and says when it is too small', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'helios-journal-'));
    const ofBytes = (bytes: number) => ({
      jetStream: false,
      config: `jetstream { store_dir: ${JSON.stringify(join(folder, String(bytes)))}, max_file_store: ${bytes} }`,
    });
    const server = await bench.server(ofBytes(67_108_864));
    const link = await bench.link(server);
    const journal = await bench.journal(link, { bounds: {} });
    expect(await journal.outcomes.create(outcome('a'))).toBe(true);
    const found = await (await manager(link.connection)).streams.list().next();
    expect(found).toHaveLength(6);
    expect(found.reduce((sum, { config }) => sum + config.max_bytes, 0)).toBeLessThanOrEqual(67_108_864);
    const tiny = await bench.server(ofBytes(2_097_152));
    const opening = bench.journal(tiny);
    await expect(opening).rejects.toMatchObject({ code: 'STORE_FULL' });
    await expect(opening).rejects.toThrow(/max_file_store/);
    rmSync(folder, { recursive: true });
  });

  it('refuses times that are none', async () => {
    const server = await bench.server();
    await expect(bench.journal(server, { ackWaitMs: 0 })).rejects.toThrow(/ackWaitMs is milliseconds above 0/);
    await expect(bench.journal(server, { timeoutMs: Number.NaN })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('gives consumers that are there another time to acknowledge', async () => {
    const server = await bench.server();
    const first = await bench.journal(server);
    await first.requests.submit('normal', 'agent', {});
    const second = await bench.journal(server, { ackWaitMs: 100 });
    await take(first, 1);
    const [again] = await take(second, 1);
    expect(again?.delivered).toBe(2);
  });
});

describe('the journal over NATS, beside other clients', () => {
  it('has outcomes that the server itself makes only once, whoever publishes and however', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const journal = await bench.journal(link, { bounds: { ...SMALL, duplicateWindowMs: 100 } });
    await journal.outcomes.create(outcome('a'));
    const publish = async (hdrs: MsgHdrs) => {
      const answer = await link.connection.request('helios.v1.outcome.a', '{}', {
        timeout: PATIENCE_MS,
        headers: hdrs,
      });
      return answer.string();
    };
    expect(await publish(headers())).toMatch(/maximum messages per subject/);
    const again = headers();
    again.set('Nats-Msg-Id', 'again');
    expect(await publish(again)).toMatch(/maximum messages per subject/);
    expect(await publish(expecting('0'))).toMatch(/wrong last sequence/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await publish(again)).toMatch(/maximum messages per subject/);
    expect(await publish(expecting('1'))).toMatch(/maximum messages per subject/);
    expect(await journal.outcomes.get('a')).toEqual(outcome('a'));
  });

  it('tells nobody of an outcome that the server refused', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const journal = await bench.journal(link);
    // Heard by whoever watches, and not kept.
    const told: OutcomeMessage[] = [];
    journal.outcomes.watch('a', (found) => told.push(found));
    link.connection.publish('helios.v1.outcome.a', '{}', { headers: expecting('5') });
    await link.connection.flush();
    await journal.outcomes.create(failure('a'));
    await expect.poll(() => told, { timeout: PATIENCE_MS }).toEqual([failure('a')]);
  });

  it('delivers what any client of NATS puts in', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const journal = await bench.journal(server);
    const hdrs = headers();
    const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    hdrs.append('content-type', 'Application/JSON; charset=utf-8');
    hdrs.append('Nats-Msg-Id', 'order 66');
    hdrs.append('traceparent', traceparent);
    link.connection.publish('helios.v1.request.high._', '{"object":"agents/7"}', { headers: hdrs });
    link.connection.publish('helios.v1.request.high.agent', encodeMessage({ object: 'agents/8' }));
    const [json, packed] = await take(journal, 2, { lane: 'high' });
    expect(json).toMatchObject({ body: { object: 'agents/7' }, isJson: true, key: 'order 66', traceparent });
    expect(json?.subject).toBe('helios.v1.request.high._');
    expect(packed).toMatchObject({ body: { object: 'agents/8' }, isJson: false });
  });

  it('delivers what cannot be decoded with its fault', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const journal = await bench.journal(server);
    const json = headers();
    json.append('Content-Type', 'application/json');
    const { connection } = link;
    connection.publish('helios.v1.request.high._', '{"object":', { headers: json });
    connection.publish('helios.v1.request.high._', new Uint8Array([0xc1]));
    connection.publish('helios.v1.request.high._', '');
    // A name that nats.js refuses to read.
    connection.publish('helios.v1.request.high._', '{}', {
      headers: Object.assign(headers(), { encode: () => Buffer.from('NATS/1.0\r\nbad name: x\r\n\r\n') }),
    });
    const deliveries = await take(journal, 4, { lane: 'high' });
    expect(deliveries.map(({ fault }) => fault?.code)).toEqual([
      'INVALID_REQUEST',
      'INVALID_REQUEST',
      undefined,
      'INVALID_REQUEST',
    ]);
    expect(deliveries.map(({ body }) => body)).toEqual([undefined, undefined, undefined, undefined]);
    expect(deliveries.map(({ isJson }) => isJson)).toEqual([true, false, false, false]);
    for (const delivery of deliveries) delivery.ack();
    await expect.poll(() => journal.requests.size(), { timeout: PATIENCE_MS }).toBe(0);
  });

  it('keeps records where clients of NATS look for a bucket', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const journal = await bench.journal(link);
    const revision = (await journal.records.put('policy', { level: 'high' }, 0)) ?? 0;
    const bucket = await link.connection.jetstream().views.kv('HELIOS_POLICY');
    expect((await bucket.get('policy'))?.json()).toEqual({ level: 'high' });
    const next = await bucket.put('policy', '{"level":"normal"}', { previousSeq: revision });
    expect(await journal.records.get('policy')).toEqual({ value: { level: 'normal' }, revision: next });
    await bucket.delete('policy');
    expect(await journal.records.get('policy')).toBeUndefined();
    expect(await journal.records.put('policy', 1, 0)).toBeGreaterThan(next);
  });

  it('passes over what is no event, and says so', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const faults: HeliosError[] = [];
    const journal = await bench.journal(link, { onFault: (error) => faults.push(error) });
    const reader = await listen(journal);
    await link.connection.jetstream().publish('helios.v1.event.failed._.x', 'no JSON');
    await link.connection.jetstream().publish('helios.v1.event.failed._.y', '{"id":"y"}');
    await journal.events.append(outcome('a'));
    await reader.until(1);
    expect(reader.ids()).toEqual(['a']);
    expect(faults.map(({ details }) => details.subject)).toEqual([
      'helios.v1.event.failed._.x',
      'helios.v1.event.failed._.y',
    ]);
    reader.abort();
    await reader.done;
  });

  it('says what is wrong with an outcome or a dead letter that is none', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const faults: HeliosError[] = [];
    const journal = await bench.journal(link, { onFault: (error) => faults.push(error) });
    const js = link.connection.jetstream();
    await js.publish('helios.v1.outcome.a', '{"id":"a"}');
    await js.publish('helios.v1.dead.a', '[]');
    await expect(journal.outcomes.get('a')).rejects.toThrow(/helios\.v1\.outcome\.a is none of Helios's/);
    await expect(journal.dead.get('a')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    journal.outcomes.watch('a', () => expect.unreachable());
    await expect.poll(() => faults.length, { timeout: PATIENCE_MS }).toBe(1);
    expect(await journal.outcomes.create(failure('a'))).toBe(false);
    expect(await journal.dead.remove('a')).toBe(true);
  });

  it('goes on when somebody deletes its consumers', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const journal = await bench.journal(link);
    const { consumers } = await manager(link.connection);
    const reader = await listen(journal);
    const pull = journal.requests.pull('normal', 1, PATIENCE_MS, () => {});
    await journal.requests.size();
    await consumers.delete('HELIOS_REQUESTS', 'normal');
    await pull.ended;
    for (const { name } of await consumers.list('HELIOS_EVENTS').next()) await consumers.delete('HELIOS_EVENTS', name);
    await journal.requests.submit('normal', 'agent', { n: 1 });
    expect((await take(journal, 1))[0]?.body).toEqual({ n: 1 });
    await journal.events.append(outcome('a'));
    await reader.until(1);
    reader.abort();
  });

  it('says that a stream is gone', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const journal = await bench.journal(link, { timeoutMs: 1_500 });
    const { streams } = await manager(link.connection);
    for (const name of ['HELIOS_EVENTS', 'HELIOS_REQUESTS', 'HELIOS_OUTCOMES']) await streams.delete(name);
    await expect(listen(journal).then(({ done }) => done)).rejects.toThrow(/HELIOS_EVENTS/);
    await expect(journal.requests.size()).rejects.toThrow(/HELIOS_REQUESTS/);
    await expect(journal.outcomes.create(outcome('a'))).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  });

  it('misses nothing when somebody takes from its consumers', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const journal = await bench.journal(server);
    const reader = await listen(journal);
    const [consumer] = await (await manager(link.connection)).consumers.list('HELIOS_EVENTS').next();
    const stolen: string[] = [];
    link.connection.subscribe('thief', { callback: (_, { subject }) => stolen.push(subject) });
    const next = `$JS.API.CONSUMER.MSG.NEXT.HELIOS_EVENTS.${consumer?.name}`;
    link.connection.publish(next, '{"batch":2,"expires":10000000000}', { reply: 'thief' });
    await link.connection.flush();
    for (const id of ['a', 'b', 'c', 'd', 'e']) await journal.events.append(outcome(id));
    await reader.until(5);
    expect(reader.ids()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(stolen).not.toHaveLength(0);
    reader.abort();
  });

  it('keeps little for a reader that is slow, and gives it all in the end', async () => {
    const server = await bench.server();
    const journal = await bench.journal(server);
    const after = await journal.events.latest();
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => journal.events.append(outcome(`id-${n}`))));
    const seen: string[] = [];
    for await (const { event } of journal.events.read({ after })) {
      if (seen.push(event.id) % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      if (seen.length === 1_000) break;
    }
    expect(new Set(seen).size).toBe(1_000);
  });

  it('says so where a stream takes no message of that size, or somebody else answers for it', async () => {
    const server = await bench.server();
    const link = await bench.link(server);
    const journal = await bench.journal(link, { timeoutMs: 5_000 });
    const { streams } = await manager(link.connection);
    await streams.update('HELIOS_REQUESTS', { max_msg_size: 1_024 });
    const large = journal.requests.submit('normal', 'agent', { text: 'x'.repeat(2_048) });
    await expect(large).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await streams.delete('HELIOS_OUTCOMES');
    const answers = ['{}', 'no JSON', '{"error":{"code":400}}'];
    link.connection.subscribe('helios.v1.outcome.*', { callback: (_, msg) => void msg.respond(answers.shift()) });
    await expect(journal.outcomes.create(outcome('a'))).rejects.toThrow(/keeps nothing/);
    await expect(journal.outcomes.create(outcome('b'))).rejects.toThrow(/none of JetStream's/);
    await expect(journal.outcomes.create(outcome('c'))).rejects.toThrow(/did not store/);
  });

  it('does not take another for JetStream', async () => {
    const server = await bench.server({ jetStream: false });
    const link = await bench.link(server);
    const answers = ['{"error":{"code":400,"err_code":1,"description":"odd"}}', '{}', '{"config":{}}'];
    link.connection.subscribe('$JS.API.>', { callback: (_, msg) => void msg.respond(answers.shift()) });
    await expect(bench.journal(link)).rejects.toThrow(/JetStream can't be used: odd/);
    await expect(bench.journal(link)).rejects.toThrow(/not understood/);
  });

  it('lets no receiver harm the connection by what it throws', () => {
    const later: (() => void)[] = [];
    const spy = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((callback) => void later.push(callback));
    guard(() => {
      throw new Error('broken receiver');
    });
    spy.mockRestore();
    expect(later[0]).toThrow('broken receiver');
  });

  it('writes over a deleted record though others do so too', async () => {
    const server = await bench.server();
    const [one, other] = [await bench.journal(server), await bench.journal(server)];
    await one.records.put('policy', 0, 0);
    await one.records.delete('policy');
    const puts = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : other).records.put('policy', n, 0));
    const won = (await Promise.all(puts)).filter((revision) => revision !== undefined);
    expect(won).toHaveLength(1);
    await Promise.all([one, other, one, other].map((journal) => journal.records.delete('policy')));
    expect(await one.records.get('policy')).toBeUndefined();
  });

  it('refuses what could only match by chance', async () => {
    const server = await bench.server();
    const journal = await bench.journal(server);
    for (const filter of [{ id: '*' }, { type: 'a.b' }, { state: '>' }]) {
      await expect(listen(journal, filter).then(({ done }) => done)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
  });

  it('carries links in values as it is told to', async () => {
    const server = await bench.server();
    class Reference {
      constructor(readonly root: string) {}
    }
    const journal = await bench.journal(server, {
      toLink: (value) => (value instanceof Reference ? { root: value.root, type: 'agent' } : undefined),
      fromLink: ({ root }) => new Reference(root),
    });
    const value = { friend: new Reference('ab'.repeat(32)) };
    await journal.outcomes.create(outcome('a', { value }));
    expect(await journal.outcomes.get('a')).toEqual(outcome('a', { value }));
  });

  it('refuses what the server would not take in one message', async () => {
    const server = await bench.server({ config: 'max_payload: 65536' });
    const journal = await bench.journal(server);
    const text = 'x'.repeat(65_536);
    await expect(journal.requests.submit('normal', 'agent', { text })).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(journal.outcomes.create(outcome('a', { value: text }))).rejects.toThrow(/65536.*max_payload/);
    await expect(journal.dead.add({ ...letter('a'), request: { text } })).rejects.toMatchObject({ code: 'TOO_LARGE' });
    // Just so many bytes fit as letters, not as units of three bytes.
    expect(await journal.outcomes.create(outcome('b', { value: 'x'.repeat(60_000) }))).toBe(true);
  });

  it('holds deadlines to the server, whatever the wall clock here says', async () => {
    const truth = Date.now();
    const began = performance.now();
    vi.useFakeTimers({ toFake: ['Date'], now: truth + 3_600_000 });
    const server = await bench.server();
    const journal = await bench.journal(server, { clockEveryMs: 50 });
    await journal.requests.submit('normal', 'agent', {});
    const [delivery] = await take(journal, 1);
    for (let times = 0; times < 2; times++) {
      const now = truth + (performance.now() - began);
      expect(Math.abs(journal.now() - now)).toBeLessThan(2_000);
      expect(journal.now() - (delivery?.at ?? 0)).toBeGreaterThan(-50);
      vi.setSystemTime(truth - 3_600_000);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  });
});

describe('facts of a delivery', () => {
  it('are read from all forms of the subject that acknowledges', () => {
    const facts = { delivered: 2, sequence: 5, place: 7, at: 1_700_000_000_000.5 };
    expect(readAck('$JS.ACK.S.normal.2.5.7.1700000000000500000.0')).toEqual(facts);
    expect(readAck('$JS.ACK.domain.hash.S.normal.2.5.7.1700000000000500000.0')).toEqual(facts);
    expect(readAck('$JS.ACK._.hash.S.normal.2.5.7.1700000000000500000.0.token')).toEqual(facts);
  });

  it('have keys as they were, also those of others that look like ours', () => {
    for (const key of ['a', '=a', ' a', 'a b', 'é', '']) expect(fromKeyHeader(toKeyHeader(key))).toBe(key);
    for (const header of ['=YQ', '=!!', '=']) expect(toKeyHeader(fromKeyHeader(header))).not.toBe('');
    expect(fromKeyHeader('=YQ')).toBe('=YQ');
  });
});
