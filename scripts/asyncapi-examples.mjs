/**
 * Examples of the messages for docs/asyncapi.yaml, as JSON has them; MessagePack carries the same. Tests hold each one
 * against its schema and against the product's own checks.
 */

const root = 'b1f4aa4f0c5a3a3d1b44a1e2bd0de2ad6dd4d7f6a1a5fe20f7a2a4f0b7c8d9e0';
const timings = { queueUs: 41, restoreUs: 187.5, totalUs: 228.5 };
const ulid = '01HNZX8JGFACFA36RBXDHEQN6E';
const hashed = 'pr6eevd27qyuj7dopk5sk7ngsg';
const about = { id: hashed, type: 'agent', object: 'agents/7', at: '2026-01-31T12:00:00.000Z' };
const unknown = {
  code: 'UNKNOWN_OBJECT',
  message: 'There is no object "agents/8". Did you mean "agents/7"?',
  retryable: false,
};
const poison = {
  code: 'INTERNAL',
  message: 'Three workers died of this request.',
  retryable: false,
  details: { reason: 'poison' },
};

/** By schema. */
export const examples = {
  Request: [
    { object: 'agents/7' },
    { object: 'agents/7', paths: ['hp', 'memory[0]'], priority: 0.9, timeoutMs: 2000 },
    { id: ulid, root, type: 'agent' },
  ],
  DurableRequest: [
    { object: 'agents/7', idempotencyKey: 'order-1', includeValue: true },
    { root, type: 'agent', id: ulid, ttlMs: 60000 },
  ],
  Answer: [
    {
      ...{ id: ulid, value: { hp: 10, born: { $date: '2026-01-31T12:00:00.000Z' } }, root },
      version: {
        ...{ name: 'agents/7', version: 3, root, type: 'agent', weight: 1 },
        ...{ at: { $date: '2026-01-31T12:00:00.000Z' }, message: 'after the fight' },
      },
      ...{ mode: 'whole', source: 'local', worker: 'w-1', attempt: 1, timings },
    },
    { id: ulid, state: 'failed', error: unknown, worker: 'w-1', attempt: 1 },
  ],
  Progress: [{ id: ulid, state: 'restoring', worker: 'w-1', attempt: 1 }],
  Cancel: [{ id: ulid, reason: 'the page was closed' }],
  Work: [
    {
      id: '2f',
      request: { id: ulid, object: 'agents/7', priority: 0.5, urgency: 0.5, timeoutMs: 30000, weight: 1 },
      ...{ attempt: 1, answerTo: `_INBOX.5d0c.${ulid}`, timeoutMs: 29998, takesBatches: true },
    },
    {
      ...{ id: '2g', request: { object: 'agents/7' }, attempt: 2, answerTo: '_INBOX.5d0c.2g', timeoutMs: 30000 },
      durable: { id: hashed, type: '_', includeValue: true },
    },
  ],
  Report: [
    { id: '2f', worker: 'w-1', state: 'done', attempt: 1 },
    { id: '2g', worker: 'w-1', state: 'busy', attempt: 2, credits: { count: 0, bytes: 0 } },
    { id: '2h', worker: 'w-1', state: 'failed', attempt: 1, error: unknown },
  ],
  Heartbeat: [
    {
      ...{ worker: 'w-1', state: 'ready', store: '01HNZX8JGF', wire: 1, beat: 17, progress: 120, inHand: 2 },
      ...{ credits: { count: 254, bytes: 134217728 }, types: ['agent@1', 'record@1'] },
    },
  ],
  Outcome: [
    {
      ...about,
      state: 'materialized',
      root,
      version: 3,
      bytes: 2048,
      worker: 'w-1',
      attempt: 1,
      timings,
      value: { hp: 10 },
    },
    { ...about, type: '_', object: 'agents/8', state: 'failed', error: unknown, worker: 'w-1', attempt: 1 },
    {
      ...{ ...about, state: 'cancelled' },
      error: { code: 'CANCELLED', message: 'The request was cancelled.', retryable: false },
    },
  ],
  Live: [
    { ...about, type: '_', state: 'queued', attempt: 0 },
    { ...about, state: 'restoring', worker: 'w-1', attempt: 1 },
  ],
  DeadLetter: [
    {
      ...{ ...about, reason: 'poison', error: poison, workers: ['w-1', 'w-2', 'w-3'], lane: 'normal' },
      request: { object: 'agents/7' },
    },
  ],
  Pressure: [{ worker: 'w-1', level: 'elevated', score: 0.62, trend: -0.01, parts: { heap: 0.62, stall: 0 } }],
  PolicyRecord: [{ level: 'elevated', threshold: 0.3 }],
  InspectControl: [
    {
      ...{ type: 'watch', viewer: 'v1', leaseMs: 5000, budget: 500 },
      filter: { type: 'agent', failed: true, sample: 0.01 },
    },
    { type: 'unwatch', viewer: 'v1' },
  ],
  InspectData: [
    {
      ...{ process: 'w-1', run: '01HNZX8JGF', batch: 3, dropped: { events: 0, requests: 0 } },
      events: [{ type: '@xstate.event', sessionId: 'w-1:x:0', event: { type: 'READY' } }],
    },
  ],
  Error: [unknown],
  PublishAck: [{ stream: 'HELIOS_REQUESTS', seq: 1207, duplicate: true }],
};
