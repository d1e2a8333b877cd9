import { describe, expect, it } from 'vitest';
import { checkMessage } from '../../src/protocol/checkMessage.js';
import { decodeMessage, encodeMessage } from '../../src/protocol/codec.js';
import { fromErrorForm, toErrorForm } from '../../src/protocol/errorForm.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { decodeJson, encodeJson } from '../../src/protocol/json.js';
import {
  answerMessage,
  cancelMessage,
  heartbeatMessage,
  policyMessage,
  policyRecord,
  pressureMessage,
  progressMessage,
  requestMessage,
  workerStatus,
  workMessage,
} from '../../src/protocol/messages.js';

const id = '01HNZX8JGFACFA36RBXDHEQN6E';
const root = '0123456789abcdef'.repeat(4);
const defaults = { priority: 0.5, urgency: 0.5, timeoutMs: 30_000, weight: 1 };
const timings = { queueUs: 1, restoreUs: 2.5, totalUs: 3.5 };
const answer = { id, value: { hp: 1 }, root, mode: 'whole', source: 'object', worker: 'w', attempt: 1, timings };

const wrong = (field: string, message: RegExp) =>
  expect.objectContaining({
    code: 'INVALID_REQUEST',
    message: expect.stringMatching(message),
    details: expect.objectContaining({ field }),
  });

describe('a request', () => {
  it('by name or by root gets the defaults', () => {
    expect(checkMessage(requestMessage, { object: 'agents/7' })).toEqual({ object: 'agents/7', ...defaults });
    expect(checkMessage(requestMessage, { root, type: 'agent' })).toEqual({ root, type: 'agent', ...defaults });
  });

  it('keeps what it says', () => {
    const full = {
      ...{
        id,
        object: 'agents/7',
        type: 'agent',
        paths: ['a.b', ['c', 3], [], ''],
        priority: 0,
        urgency: 1,
        weight: 0.25,
      },
      ...{ timeoutMs: 0.5, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    };
    expect(checkMessage(requestMessage, full)).toEqual(full);
  });

  it('takes undefined as absent and leaves out what it does not know, without changing what came', () => {
    const input = Object.freeze({ object: 'a', root: undefined, paths: undefined, priority: undefined, newer: 1 });
    const checked = checkMessage(requestMessage, input);
    expect(checked).toEqual({ object: 'a', ...defaults });
    expect('newer' in checked).toBe(false);
  });

  it.each<[unknown, string, RegExp]>([
    [undefined, '', /^The message is wrong: expected a record, got undefined\.$/],
    ['agents/7', '', /expected a record, got the text "agents\/7"/],
    [null, '', /expected a record, got null/],
    [{}, 'object', /^Field 'object' of the message is missing\.$/],
    [[{ object: 'a' }], 'object', /'object' of the message is missing/],
    [{ object: '' }, 'object', /expected the name of an object, 1 to 512 bytes of UTF-8, got the text ""/],
    [{ object: 'a\n' }, 'object', /expected the name of an object/],
    [{ object: 7 }, 'object', /got 7/],
    [{ object: 'a', root, type: 'agent' }, 'object', /a request has either object, or root and type/],
    [{ root, type: 'Agent' }, 'type', /expected the name of a type/],
    [{ root }, 'type', /is missing/],
    [{ root: root.toUpperCase(), type: 'agent' }, 'root', /64 hex digits in lower case/],
    [{ object: 'a', type: 'no type' }, 'type', /expected the name of a type/],
    [{ object: 'a', id: 'a.b' }, 'id', /expected an id of 1 to 64/],
    [{ object: 'a', id: '' }, 'id', /expected an id/],
    [
      { object: 'a', priority: 2 },
      'priority',
      /^Field 'priority' of the message is wrong: expected a number from 0 to 1, got 2\.$/,
    ],
    [{ object: 'a', priority: -0.1 }, 'priority', /from 0 to 1/],
    [{ object: 'a', priority: Number.NaN }, 'priority', /from 0 to 1, got NaN/],
    [{ object: 'a', priority: '1' }, 'priority', /from 0 to 1, got the text "1"/],
    [{ object: 'a', priority: null }, 'priority', /from 0 to 1, got null/],
    [{ object: 'a', urgency: 1.1 }, 'urgency', /from 0 to 1/],
    [{ object: 'a', weight: -1 }, 'weight', /from 0 to 1/],
    [{ object: 'a', timeoutMs: 0 }, 'timeoutMs', /milliseconds above 0 and up to 86400000/],
    [{ object: 'a', timeoutMs: -5 }, 'timeoutMs', /milliseconds above 0/],
    [{ object: 'a', timeoutMs: Infinity }, 'timeoutMs', /milliseconds above 0/],
    [{ object: 'a', timeoutMs: Number.NaN }, 'timeoutMs', /milliseconds above 0/],
    [{ object: 'a', timeoutMs: 86_400_001 }, 'timeoutMs', /milliseconds above 0/],
    [{ object: 'a', paths: 'a.b' }, 'paths', /a list of at most 1000 paths/],
    [{ object: 'a', paths: [7] }, 'paths', /a list of at most 1000 paths/],
    [{ object: 'a', paths: [['a', true]] }, 'paths', /a list of at most 1000 paths/],
    [{ object: 'a', paths: Array(1_001).fill('a') }, 'paths', /a list of at most 1000 paths, .* got an array of 1001/],
    [{ object: 'a', traceparent: 'x' }, 'traceparent', /a W3C traceparent/],
  ])('%j is refused', (input, field, message) => {
    expect(() => checkMessage(requestMessage, input)).toThrow(wrong(field, message));
  });
});

describe('an answer', () => {
  it('is a Materialized with its id, by reference', () => {
    const checked = checkMessage(answerMessage, answer);
    expect(checked).toEqual(answer);
    expect('value' in checked && checked.value).toBe(answer.value);
  });

  it('may hold any value, and a version', () => {
    const version = { name: 'agents/7', version: 3, root, type: 'agent', weight: 1, at: new Date(5), message: 'x' };
    for (const value of [undefined, null, new Map(), 0]) {
      expect(checkMessage(answerMessage, { ...answer, state: 'materialized', value, version })).toMatchObject({
        version,
      });
    }
  });

  it('is a failure with an error, which stays itself', () => {
    const error = new HeliosError('CONFLICT', 'x', { details: { a: 1 } });
    const checked = checkMessage(answerMessage, { id, state: 'failed', error, value: 'ignored' });
    expect(checked).toEqual({ id, state: 'failed', error });
    expect('error' in checked && checked.error).toBe(error);
  });

  it.each<[unknown, string, RegExp]>([
    [null, '', /expected a record, got null/],
    [{ ...answer, value: undefined, root: 'x' }, 'root', /64 hex digits/],
    [{ id, state: 'failed' }, 'error', /is missing/],
    [{ id, state: 'failed', error: { code: 'WRONG', message: 'x', retryable: true } }, 'error', /an error of Helios/],
    [{ id, state: 'failed', error: { code: 'CLOSED', message: 'x' } }, 'error', /an error of Helios/],
    [{ id, state: 'failed', error: { code: 'CLOSED', message: 1, retryable: true } }, 'error', /an error of Helios/],
    [{ id, state: 'failed', error: { code: 'CLOSED', message: 'x', retryable: 1 } }, 'error', /an error of Helios/],
    [
      { id, state: 'failed', error: { code: 'CLOSED', message: 'x', retryable: true, retryAfterMs: 'x' } },
      'error',
      /an error/,
    ],
    [
      { id, state: 'failed', error: { code: 'CLOSED', message: 'x', retryable: true, details: 1 } },
      'error',
      /an error/,
    ],
    [{ id, state: 'failed', error: null }, 'error', /an error of Helios.*got null/],
    [{ ...answer, state: 'queued' }, 'state', /"materialized" or "failed"/],
    [{ ...answer, id: '' }, 'id', /an id/],
    [{ ...answer, mode: 'all' }, 'mode', /"whole", "view" or "paths"/],
    [{ ...answer, source: 'x' }, 'source', /"object", "component"/],
    [{ ...answer, attempt: 0 }, 'attempt', /a whole number, 1 or more/],
    [{ ...answer, worker: '' }, 'worker', /the name of a worker/],
    [{ ...answer, timings: { ...timings, totalUs: -1 } }, 'timings.totalUs', /microseconds, 0 or more/],
    [{ ...answer, timings: { queueUs: 1 } }, 'timings.restoreUs', /is missing/],
    [{ ...answer, version: { name: 'a' } }, 'version.version', /is missing/],
    [
      { ...answer, version: { name: 'a', version: 1, root, type: 'a', weight: 1, at: new Date(Number.NaN) } },
      'version.at',
      /a Date/,
    ],
  ])('%j is refused', (input, field, message) => {
    expect(() => checkMessage(answerMessage, input)).toThrow(wrong(field, message));
  });
});

describe('the other messages', () => {
  const request = { object: 'agents/7', ...defaults };
  const credits = { count: 3, bytes: 1_000 };

  it.each([
    ['cancel', cancelMessage, { id, reason: 'changed my mind' }],
    ['cancel without reason', cancelMessage, { id }],
    ['progress', progressMessage, { id, state: 'restoring', worker: 'w', attempt: 1 }],
    ['waiting', progressMessage, { id, state: 'queued', attempt: 0 }],
    ['work', workMessage, { id, request, attempt: 1, answerTo: '_INBOX.a.1', timeoutMs: 100 }],
    ['busy', workerStatus, { id, worker: 'w', state: 'busy', attempt: 2, type: 'agent', credits }],
    ['done', workerStatus, { id, worker: 'w', state: 'done', attempt: 1 }],
    [
      'failed',
      workerStatus,
      { id, worker: 'w', state: 'failed', attempt: 1, error: toErrorForm(new HeliosError('INTERNAL', 'x')) },
    ],
    [
      'heartbeat',
      heartbeatMessage,
      {
        ...{ worker: 'w', state: 'draining', store: 's', wire: 1, beat: 1, progress: 2, inHand: 0 },
        ...{ types: ['agent@1'], credits },
      },
    ],
    ['pressure', pressureMessage, { worker: 'w', level: 'high', score: 0.7, trend: -0.1, parts: { heap: 0.7 } }],
    ['the policy in its record', policyRecord, { level: 'high', threshold: 0.5 }],
    ['policy', policyMessage, { epoch: 3n, level: 'normal', threshold: 0.2, cacheBudgetBytes: 5, nested: { a: 1 } }],
  ])('%s is kept as it is, also over both carriers', (_, schema, message) => {
    expect(checkMessage(schema, message)).toEqual(message);
    expect(checkMessage(schema, decodeMessage(encodeMessage(message)))).toEqual(message);
    expect(checkMessage(schema, decodeJson(encodeJson(message)))).toEqual(message);
  });

  it.each([
    ['cancel', cancelMessage, { id, reason: 'x'.repeat(4_097) }, 'reason', /at most 4096 characters/],
    ['progress', progressMessage, { id, state: 'done', attempt: 1 }, 'state', /"queued" or "restoring"/],
    ['progress', progressMessage, { id, state: 'queued', attempt: 1.5 }, 'attempt', /whole number/],
    ['work', workMessage, { id, request: { object: '' }, attempt: 1 }, 'request.object', /the name of an object/],
    ['work', workMessage, { id, request, attempt: 1, answerTo: 'x'.repeat(1_025) }, 'answerTo', /an inbox/],
    ['status', workerStatus, { id, worker: 'w', state: 'idle' }, 'state', /"busy", "done" or "failed"/],
    [
      'status',
      workerStatus,
      { id, worker: 'w', state: 'busy', attempt: 1, credits: { count: -1 } },
      'credits.count',
      /whole number/,
    ],
    [
      'heartbeat',
      heartbeatMessage,
      { worker: 'w', beat: 0, progress: 0, inHand: 0, types: [1] },
      'types.0',
      /type@version/,
    ],
    ['pressure', pressureMessage, { worker: 'w', level: 'low' }, 'level', /"normal"/],
    [
      'pressure',
      pressureMessage,
      { worker: 'w', level: 'high', score: 0, trend: Infinity },
      'trend',
      /a finite number/,
    ],
    [
      'pressure',
      pressureMessage,
      { worker: 'w', level: 'high', score: 0, trend: 0, parts: { heap: '1' } },
      'parts',
      /a record of numbers/,
    ],
    ['policy', policyRecord, { level: 'high', threshold: 1.5 }, 'threshold', /from 0 to 1/],
    ['policy', policyMessage, { epoch: 3, level: 'normal', threshold: 0 }, 'epoch', /a bigint, 0 or more, got 3/],
    ['policy', policyMessage, { epoch: -3n, level: 'normal', threshold: 0 }, 'epoch', /a bigint, 0 or more, got -3n/],
  ])('a wrong %s is refused', (_, schema, message, field, text) => {
    expect(() => checkMessage(schema, message)).toThrow(wrong(field, text));
  });

  it('and the heartbeat of a worker that says nothing of its state is that of a ready one', () => {
    const beat = { worker: 'w', beat: 1, progress: 2, inHand: 0, types: [] };
    expect(checkMessage(heartbeatMessage, beat)).toEqual({ ...beat, state: 'ready' });
  });
});

describe('an error that travels', () => {
  it('comes back with all that a caller may read', () => {
    const error = new HeliosError('OVERLOADED', 'x', { retryAfterMs: 5, details: { queue: 3 }, retryable: false });
    const back = fromErrorForm(decodeMessage(encodeMessage(toErrorForm(error))) as typeof error);
    expect(back).toBeInstanceOf(HeliosError);
    expect(toErrorForm(back)).toEqual(toErrorForm(error));
    expect(toErrorForm(back)).toEqual({
      ...{ code: 'OVERLOADED', message: 'x', retryable: false, retryAfterMs: 5, details: { queue: 3 } },
    });
  });

  it('is itself when it has not travelled', () => {
    const error = new HeliosError('CLOSED', 'x');
    expect(fromErrorForm(error)).toBe(error);
    expect(toErrorForm(error)).toStrictEqual({ code: 'CLOSED', message: 'x', retryable: false });
  });
});
