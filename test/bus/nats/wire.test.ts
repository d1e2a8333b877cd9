/** What is on the wire: read and written by clients that know nothing of Helios. */
import { connect as connectSocket } from 'node:net';
import { type Msg, type NatsConnection, headers as natsHeaders } from 'nats';
import { describe, expect, it } from 'vitest';
import type { Bus, BusMessage } from '../../../src/bus/index.js';
import { isOwnBatch } from '../../../src/bus/nats/content.js';
import { decodeMessage, encodeJson, encodeMessage, MAX_BATCH, MESSAGE_LIMITS } from '../../../src/protocol/index.js';
import { atEnd, list, openBus, openForeign, serve } from './ends.js';

async function hear(bus: Bus, subject: string, onMessage: (message: BusMessage) => void = () => {}) {
  const heard = list<BusMessage>();
  bus.subscribe(subject, (message) => {
    heard.add(message);
    onMessage(message);
  });
  await bus.flush();
  return heard;
}

async function hearForeign(connection: NatsConnection, subject: string) {
  const heard = list<Msg>();
  connection.subscribe(subject, { callback: (_, msg) => heard.add(msg) });
  await connection.flush();
  return heard;
}

function headersOf(record: Readonly<Record<string, string>>) {
  const headers = natsHeaders();
  for (const [name, value] of Object.entries(record)) headers.append(name, value);
  return headers;
}

const BATCH = { 'Helios-Batch': '1' };
const JSON_BATCH = { ...BATCH, 'Content-Type': 'application/json' };

describe('bodies over NATS', () => {
  it('arrive exactly, in MessagePack and in JSON', async () => {
    const { url } = await serve();
    const [{ bus: here }, { bus: there }] = [await openBus(url), await openBus(url)];
    const heard = await hear(there, 'a');
    const bodies = [
      ...[null, false, 0, -0, Number.NaN, -Infinity, 2 ** 53, 10n ** 30n, '', '\ud800', 'ü😀', new Date(-1)],
      ...[[], {}, [[]], { $map: 1 }, { __proto__x: 1, '': 2 }, JSON.parse('{"__proto__":1}')],
      ...[
        new Uint8Array([0, 255]),
        new Float64Array([-0, 1.5]),
        new Map<unknown, unknown>([[{ a: 1 }, new Set([1n])]]),
      ],
      { deep: [new Map([[new Date(0), -0]])] },
    ];
    const json = { headers: { 'Content-Type': 'application/json' } };
    for (const body of bodies) here.publish('a', body);
    for (const body of bodies) here.publish('a', body, json);
    await heard.until(2 * bodies.length);
    expect(heard.items.slice(0, bodies.length).map(({ body }) => body)).toStrictEqual(bodies);
    expect(heard.items.slice(bodies.length).map(({ body }) => body)).toStrictEqual(bodies);
    expect(heard.items.every(({ fault }) => fault === undefined)).toBe(true);
  });

  it('that are none travel as an empty payload', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const foreign = await openForeign(url);
    const heard = await hear(bus, 'a');
    const seen = await hearForeign(foreign, 'a');
    bus.publish('a', undefined, { headers: {} });
    foreign.publish('a');
    foreign.publish('a', '', { headers: headersOf({ 'Content-Type': 'application/json' }) });
    await heard.until(3);
    await seen.until(1);
    expect(heard.items.map(({ body, fault }) => [body, fault])).toEqual(new Array(3).fill([undefined, undefined]));
    expect(seen.items[0]?.data).toHaveLength(0);
    expect(seen.items[0]?.headers).toBeUndefined();
  });

  it('are the JSON that a plain client writes and reads, whatever the case of its header', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const foreign = await openForeign(url);
    const headers = { 'Content-Type': 'application/json' };
    await hear(bus, 'ask', ({ body, reply }) => bus.publish(reply ?? '', { got: body }, { headers }));
    for (const [name, value] of [
      ['Content-Type', 'application/json'],
      ['content-type', 'application/json; charset=utf-8'],
      ['CONTENT-TYPE', 'Application/JSON ;x=1'],
    ] as const) {
      const answer = await foreign.request('ask', '{"at":{"$date":"1970-01-01T00:00:00.000Z"}}', {
        headers: headersOf({ [name]: value, Other: 'x' }),
        timeout: 5_000,
      });
      expect(answer.json()).toEqual({ got: { at: { $date: '1970-01-01T00:00:00.000Z' } } });
      expect(answer.headers?.get('Content-Type')).toBe('application/json');
    }
  });

  it('that can not be decoded arrive as a fault with all the rest, and others go on', async () => {
    const { url } = await serve();
    const { bus, errors } = await openBus(url);
    const foreign = await openForeign(url);
    const heard = await hear(bus, 'a');
    const json = { headers: headersOf({ 'Content-Type': 'application/json' }) };
    foreign.publish('a', Uint8Array.of(0xc1), { reply: '_INBOX.x' });
    foreign.publish('a', '{"half":', json);
    foreign.publish('a', '{"$unknown":1}', json);
    foreign.publish('a', Uint8Array.of(0xff, 0xfe), json);
    foreign.publish('a', new Uint8Array(MESSAGE_LIMITS.depth + 1).fill(0x91));
    foreign.publish('a', Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff));
    foreign.publish('a', '{"plain":"JSON without its header"}');
    foreign.publish('a', encodeMessage('good'));
    await heard.until(8);
    expect(heard.items.map(({ fault }) => fault?.code)).toEqual([
      ...['INVALID_REQUEST', 'INVALID_REQUEST', 'INVALID_REQUEST', 'INVALID_REQUEST', 'TOO_LARGE', 'TOO_LARGE'],
      ...['INVALID_REQUEST', undefined],
    ]);
    expect(heard.items.slice(0, 7).every(({ body }) => body === undefined)).toBe(true);
    expect(heard.items[0]).toMatchObject({ subject: 'a', reply: '_INBOX.x' });
    expect(heard.items[1]?.headers).toEqual({ 'Content-Type': 'application/json' });
    expect(heard.items[7]?.body).toBe('good');
    expect(bus.counters.faulty).toBe(7);
    expect(errors).toEqual([]);
  });

  it('may link to references where both ends say how', async () => {
    const { url } = await serve();
    class Reference {
      constructor(
        readonly root: string,
        readonly type: string,
      ) {}
    }
    const toLink = (value: object) => (value instanceof Reference ? value : undefined);
    const fromLink = ({ root, type }: { root: string; type: string }) => new Reference(root, type);
    const { bus } = await openBus(url, { toLink, fromLink });
    const heard = await hear(bus, '>');
    const reference = new Reference('a'.repeat(64), 'agent');
    bus.publish('a', { reference });
    bus.publish('a.1', { id: '1', reference }, { coalesce: true });
    await heard.until(2);
    expect(heard.items.map(({ body }) => body)).toEqual([{ reference }, { id: '1', reference }]);
    const { bus: plain } = await openBus(url);
    expect(() => plain.publish('a', { reference })).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VALUE' }));
  });
});

describe('headers over NATS', () => {
  it('are refused when they would break the message', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    for (const headers of [{ '': 'x' }, { 'a b': 'x' }, { 'a:b': 'x' }, { ü: 'x' }, { a: 'x\r\nb: y' }]) {
      expect(() => bus.publish('a', 1, { headers: { ...headers } })).toThrow(
        expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringContaining('header') }),
      );
    }
  });

  it('arrive with the first value of each name, whatever the name', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const foreign = await openForeign(url);
    const heard = await hear(bus, 'a');
    const headers = headersOf({ __proto__x: '1', Two: 'first' });
    headers.append('Two', 'second');
    foreign.publish('a', encodeMessage(1), { headers });
    await heard.until(1);
    bus.publish('a', 1, { headers: { Text: 'ü € 😀' } });
    await heard.until(2);
    expect(heard.items.map((message) => message.headers)).toEqual([
      { __proto__x: '1', Two: 'first' },
      { Text: 'ü € 😀' },
    ]);
  });

  it('that are none are a fault of that message alone', async () => {
    const { url, port } = await serve();
    const { bus, errors } = await openBus(url);
    const heard = await hear(bus, 'a');
    const socket = connectSocket(port, '127.0.0.1');
    atEnd(async () => socket.destroy());
    const block = 'NATS/1.0\r\nno name: x\r\n\r\n';
    socket.write('CONNECT {"headers":true,"verbose":false,"protocol":1,"lang":"x","version":"1"}\r\n');
    socket.write(`HPUB a re*ply ${block.length} ${block.length + 1}\r\n${block}\x01\r\n`);
    await heard.until(1);
    expect(heard.items[0]).toMatchObject({ subject: 'a', body: undefined, fault: { code: 'INVALID_REQUEST' } });
    bus.publish('a', 'goes on');
    await heard.until(({ body }) => body === 'goes on');
    expect(errors).toEqual([]);
  });

  it('leave out a reply that nobody could publish to, which is a fault', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const foreign = await openForeign(url);
    const heard = await hear(bus, 'a');
    foreign.publish('a', encodeMessage(1), { reply: '_INBOX.>' });
    foreign.publish('a', encodeMessage([{ id: '1' }]), { reply: '_INBOX.*.x', headers: headersOf(BATCH) });
    await heard.until(2);
    for (const message of heard.items) {
      expect(message).toMatchObject({ subject: 'a', body: undefined, fault: { code: 'INVALID_REQUEST' } });
      expect(message.reply).toBeUndefined();
    }
  });
});

describe('batches on the wire', () => {
  it('are one message with the header Helios-Batch, also of one item', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const foreign = await openForeign(url);
    const seen = await hearForeign(foreign, '>');
    for (const id of ['1', '2']) bus.publish('call.agent', { id, n: 1 }, { reply: `_INBOX.x.${id}`, coalesce: true });
    bus.publish('_INBOX.y.7', { id: '7' }, { coalesce: true });
    await seen.until(2);
    expect(seen.items.map((msg) => [msg.subject, msg.reply, decodeMessage(msg.data)])).toEqual([
      [
        'call.agent',
        '_INBOX.x.batch-0',
        [
          { id: '1', n: 1 },
          { id: '2', n: 1 },
        ],
      ],
      ['_INBOX.y.batch', '', [{ id: '7' }]],
    ]);
    for (const msg of seen.items) expect([...(msg.headers ?? [])]).toEqual([['Helios-Batch', ['1']]]);
    expect(bus.counters).toMatchObject({ published: 3, batched: 3, batches: 2 });
  });

  it('are known by the bytes in front of their payload, and nothing else is taken for one', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const foreign = await openForeign(url);
    const seen = await hearForeign(foreign, '>');
    const block = 'NATS/1.0\r\nHelios-Batch: 1\r\n\r\n';
    const long = 'x'.repeat(200_000);
    for (const text of ['', long]) bus.publish('own.1', { id: '1', text }, { coalesce: true });
    await bus.flush();
    for (const text of ['', long]) foreign.publish('other', block + text);
    foreign.publish('other', 'x', { headers: headersOf({ 'helios-batch': '1' }) });
    foreign.publish('other');
    await foreign.flush();
    await seen.until(5);
    expect(seen.items.map(({ subject, data }) => [subject, isOwnBatch(data)])).toEqual([
      ['own.batch', true],
      ...new Array(4).fill(['other', false]),
    ]);
    expect(isOwnBatch(Buffer.from(block).subarray(block.length))).toBe(true);
    expect(isOwnBatch(new Uint8Array(3))).toBe(false);
  });

  it('reach handlers item by item: with the reply of each, and word that batches are taken', async () => {
    const { url } = await serve();
    const [{ bus: here }, { bus: there }] = [await openBus(url), await openBus(url)];
    const inbox = here.inbox();
    const answers = await hear(here, `${inbox}.*`);
    const calls = await hear(there, 'call.*', ({ body, reply, takesBatches }) => {
      expect(takesBatches).toBe(true);
      there.publish(reply ?? '', { id: Reflect.get(Object(body), 'id'), answer: true }, { coalesce: true });
    });
    const ids = Array.from({ length: 100 }, (_, number) => `i${number}`);
    for (const id of ids) here.publish('call.x', { id }, { reply: `${inbox}.${id}`, coalesce: true });
    await answers.until(100);
    expect(calls.items).toEqual(
      ids.map((id) => ({ subject: 'call.x', body: { id }, reply: `${inbox}.${id}`, takesBatches: true })),
    );
    expect(answers.items).toEqual(ids.map((id) => ({ subject: `${inbox}.${id}`, body: { id, answer: true } })));
    expect(here.counters.batches).toBe(4);
    expect(there.counters.batches).toBeLessThan(100);
  });

  it('are not made of JSON, of headers, or of bodies that say another id than their subject', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const foreign = await openForeign(url);
    const seen = await hearForeign(foreign, '>');
    const body = { id: '1' };
    bus.publish('a.1', body, { coalesce: true, headers: { 'Content-Type': 'application/json' } });
    bus.publish('a.1', body, { coalesce: true, headers: { Other: 'x' } });
    bus.publish('a.2', body, { coalesce: true });
    bus.publish('a', 'text', { coalesce: true, reply: 'r.1' });
    bus.publish('1', body, { coalesce: true });
    bus.publish('a', body, { coalesce: true, reply: '1' });
    bus.publish('a.3', body);
    await seen.until(7);
    expect(seen.items.map(({ subject }) => subject)).toEqual(['a.1', 'a.1', 'a.2', 'a', '1', 'a', 'a.3']);
    expect(seen.items.some((msg) => msg.headers?.has('Helios-Batch'))).toBe(false);
  });

  it('keep their place among what else goes to the same subject', async () => {
    const { url } = await serve();
    const [{ bus: here }, { bus: there }] = [await openBus(url), await openBus(url)];
    const heard = await hear(there, 'a.>');
    const say = (subject: string, n: number, coalesce: boolean, reply?: string) =>
      here.publish(subject, { id: '1', n }, { coalesce, ...(reply === undefined ? {} : { reply }) });
    say('a.1', 0, true);
    say('a.1', 1, false);
    say('a.1', 2, true);
    say('a.call', 3, true, 'r.1');
    say('a.call', 4, false, 'r.1');
    say('a.call', 5, true, 's.1');
    say('a.call', 6, true, 'r.1');
    await heard.until(7);
    const numbers = (subject: string) =>
      heard.items.filter((message) => message.subject === subject).map(({ body }) => Reflect.get(Object(body), 'n'));
    expect(numbers('a.1')).toEqual([0, 1, 2]);
    expect(numbers('a.call')).toEqual([3, 4, 5, 6]);
  });

  it('go out with flush, and with close', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const foreign = await openForeign(url);
    const seen = await hearForeign(foreign, 'a.batch');
    bus.publish('a.1', { id: '1' }, { coalesce: true });
    await bus.flush();
    bus.publish('a.2', { id: '2' }, { coalesce: true });
    await bus.close();
    await foreign.flush();
    expect(seen.items.map((msg) => decodeMessage(msg.data))).toEqual([[{ id: '1' }], [{ id: '2' }]]);
  });

  it('that nobody receives are told to each of their items', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const inbox = bus.inbox();
    const heard = await hear(bus, `${inbox}.*`);
    for (const id of ['1', '2', '3']) bus.publish('nobody', { id }, { reply: `${inbox}.${id}`, coalesce: true });
    await heard.until(3);
    expect(heard.items).toEqual(
      ['1', '2', '3'].map((id) => ({ subject: `${inbox}.${id}`, body: undefined, headers: { Status: '503' } })),
    );
  });

  it('of another client are split, in MessagePack and in JSON', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const foreign = await openForeign(url);
    const heard = await hear(bus, 'call.*');
    const items = [{ id: 'a' }, { id: 'b', more: [1] }];
    foreign.publish('call.x', encodeMessage(items), { reply: '_INBOX.f.batch-7', headers: headersOf(BATCH) });
    foreign.publish('call.x', encodeJson(items), {
      reply: '_INBOX.f.batch-8',
      headers: headersOf({ 'helios-batch': '1', 'Content-Type': 'application/json' }),
    });
    foreign.publish('call.x', encodeMessage(items), { headers: headersOf(BATCH) });
    await heard.until(6);
    const answered = items.map((body) => ({
      subject: 'call.x',
      body,
      reply: `_INBOX.f.${body.id}`,
      takesBatches: true,
    }));
    expect(heard.items).toEqual([
      ...answered,
      ...answered.map((message) => ({ ...message, headers: { 'Content-Type': 'application/json' } })),
      ...items.map((body) => ({ subject: `call.${body.id}`, body })),
    ]);
  });

  it('that are no arrays, are too many or have no place for ids arrive as one fault', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const foreign = await openForeign(url);
    const heard = await hear(bus, '*');
    const many = Array.from({ length: MAX_BATCH + 1 }, (_, id) => ({ id: String(id) }));
    const reply = '_INBOX.f.batch-1';
    const wrong: [Uint8Array | string, Readonly<Record<string, string>>, string][] = [
      [encodeMessage({ id: '1' }), BATCH, reply],
      [encodeMessage(many), BATCH, reply],
      [Uint8Array.of(0x92, 0x01), BATCH, reply],
      ['{"id":"1"}', JSON_BATCH, reply],
      [encodeJson(many), JSON_BATCH, reply],
      ['[{"id":', JSON_BATCH, reply],
      [encodeMessage([{ id: '1' }]), BATCH, 'reply'],
    ];
    for (const [payload, record, to] of wrong) foreign.publish('a', payload, { reply: to, headers: headersOf(record) });
    foreign.publish('a', encodeMessage([]), { reply, headers: headersOf(BATCH) });
    foreign.publish('a', encodeMessage([{ id: '1' }]), { reply });
    await heard.until(wrong.length + 1);
    expect(heard.items.slice(0, -1).map(({ fault, reply: to }) => [fault?.code, to])).toEqual([
      ['INVALID_REQUEST', reply],
      ['TOO_LARGE', reply],
      ['INVALID_REQUEST', reply],
      ...[1, 2, 3].map(() => ['INVALID_REQUEST', reply]),
      ['INVALID_REQUEST', 'reply'],
    ]);
    // Without the header an array is a body like another.
    expect(heard.items.at(-1)).toEqual({ subject: 'a', body: [{ id: '1' }], reply });
  });

  it('with an item that can not be decoded or has no id are whole but for that one', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const foreign = await openForeign(url);
    const heard = await hear(bus, 'a');
    const tooDeep = Buffer.concat([
      Uint8Array.of(0x81, 0xa1, 0x78),
      new Uint8Array(MESSAGE_LIMITS.depth).fill(0x91),
      Uint8Array.of(1),
    ]);
    const items = [encodeMessage({ id: 'a' }), tooDeep, Uint8Array.of(0xd4, 0x05, 0x01)];
    for (const body of [{ id: 'b' }, {}, null, { id: 7 }, { id: 'x.y' }, { id: 'x*' }, { id: 'c' }])
      items.push(encodeMessage(body));
    foreign.publish('a', Buffer.concat([Uint8Array.of(0x90 + items.length), ...items]), {
      reply: '_INBOX.f.batch-1',
      headers: headersOf(BATCH),
    });
    await heard.until(items.length);
    expect(heard.items.filter(({ fault }) => fault === undefined).map(({ reply }) => reply)).toEqual([
      '_INBOX.f.a',
      '_INBOX.f.b',
      '_INBOX.f.c',
    ]);
    expect(
      heard.items.filter(({ fault }) => fault !== undefined).map(({ fault, reply }) => [fault?.code, reply]),
    ).toEqual(['TOO_LARGE', ...new Array(6).fill('INVALID_REQUEST')].map((code) => [code, '_INBOX.f.batch-1']));
  });

  it('reach one who unsubscribes at an item with no further one', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const seen: unknown[] = [];
    const subscription = bus.subscribe('a.*', ({ body }) => {
      seen.push(body);
      subscription.unsubscribe();
    });
    await bus.flush();
    for (const id of ['1', '2']) bus.publish(`a.${id}`, { id }, { coalesce: true });
    await bus.flush();
    await bus.flush();
    expect(seen).toEqual([{ id: '1' }]);
  });
});
