/**
 * Where messages go, in which form, and who sends and receives them: the tables that docs/asyncapi.yaml is made of.
 * Subjects are asked of the product itself; nothing here is said twice.
 *
 * @typedef {import('./asyncapi-schemas.mjs').Protocol} Protocol
 */

const text = (/** @type {string} */ description) => ({ type: 'string', description });
const is = (/** @type {string} */ value, /** @type {string} */ description) => ({
  type: 'string',
  const: value,
  description,
});

const asJson = is('application/json', 'Makes the message JSON. Without it, it is MessagePack.');
const batch = is('1', 'Marks a list of messages that travel in one.');
const traceparent = text('A W3C traceparent, carried through.');
const key = text('The idempotency key. JetStream drops a second message with the same one within two minutes.');
const once = text("Made of the outcome's id, so that JetStream drops a second event within two minutes.");
const first = is('0', 'Only as the first of its subject. The stream refuses a second one also without this.');
const failure = {
  'Nats-Service-Error': text('Code and message, when the answer is a failure.'),
  'Nats-Service-Error-Code': text('The nearest status of HTTP, when the answer is a failure.'),
};

/**
 * The messages: whose schema, how encoded, which headers (`must`: those that are always there).
 *
 * @type {Record<string, { of: readonly string[], how: 'pack' | 'json' | 'batch', headers?: object, must?: readonly string[], words: string }>}
 */
export const messages = {
  call: { of: ['Request'], how: 'pack', words: 'A call.' },
  callJson: { of: ['Request'], how: 'json', words: 'A call in JSON; so is its answer.' },
  callBatch: {
    of: ['Request'],
    how: 'batch',
    words: 'Calls in one message. Whoever sends it takes batches of answers.',
  },
  answer: { of: ['Answer'], how: 'pack', headers: failure, words: 'The answer to a call.' },
  answerJson: {
    of: ['Answer', 'Progress'],
    how: 'json',
    headers: failure,
    words: 'The answer to a call in JSON; progress only to who has asked in a batch.',
  },
  answerBatch: {
    of: ['Answer', 'Progress'],
    how: 'batch',
    words: 'Answers, and progress, in one message, to who has asked in a batch.',
  },
  noResponders: {
    of: [],
    how: 'pack',
    words: 'From the NATS server, at once: nobody is there. Header status 503, no payload.',
  },
  request: {
    of: ['DurableRequest'],
    how: 'pack',
    headers: { 'Nats-Msg-Id': key, traceparent },
    words: 'A durable request.',
  },
  requestJson: {
    ...{ of: ['DurableRequest'], how: 'json', headers: { 'Nats-Msg-Id': key, traceparent } },
    words: 'A durable request in JSON.',
  },
  publishAck: { of: ['PublishAck'], how: 'json', words: "JetStream's receipt, when the publish had a reply subject." },
  work: { of: ['Work'], how: 'pack', words: 'Work for one worker.' },
  workBatch: { of: ['Work'], how: 'batch', words: 'Work for one worker, several requests in one message.' },
  report: { of: ['Report'], how: 'pack', words: 'What has become of work.' },
  reportBatch: { of: ['Report'], how: 'batch', words: 'What has become of work, several reports in one message.' },
  outcome: {
    of: ['Outcome'],
    how: 'json',
    headers: { 'Nats-Expected-Last-Subject-Sequence': first },
    words: 'The outcome. Stored once: the stream takes no second one of the id.',
  },
  event: { of: ['Outcome'], how: 'json', headers: { 'Nats-Msg-Id': once }, words: 'The same record as the outcome.' },
  live: { of: ['Live'], how: 'json', words: 'Progress of a durable request; lost where nobody listens.' },
  cancel: { of: ['Cancel'], how: 'pack', words: 'Stop working for a request.' },
  cancelJson: { of: ['Cancel'], how: 'json', words: 'Stop working for a request, in JSON.' },
  heartbeat: { of: ['Heartbeat'], how: 'pack', words: 'Once a second, and when something changes.' },
  pressure: { of: ['Pressure'], how: 'pack', words: 'Some times a second while memory is short, else seldom.' },
  dead: { of: ['DeadLetter'], how: 'json', words: 'A request that was given up.' },
  inspectControl: { of: ['InspectControl'], how: 'pack', words: 'Renewed while somebody looks on.' },
  inspectData: { of: ['InspectData'], how: 'pack', words: 'Some times a second while somebody looks on.' },
};

/** Headers that each way of encoding brings along, and those of them that must be there. */
export const encodings = {
  pack: { contentType: 'application/msgpack', headers: {}, must: [] },
  json: { contentType: 'application/json', headers: { 'Content-Type': asJson }, must: ['Content-Type'] },
  batch: { contentType: 'application/msgpack', headers: { 'Helios-Batch': batch }, must: ['Helios-Batch'] },
};

/** Messages of the NATS server, which are JSON without saying so. */
export const ofServer = ['publishAck'];

const parameters = {
  type: {
    description: "The name of a type, or `_` where it isn't known.",
    default: '_',
    examples: ['agent', '_'],
  },
  priority: { description: 'The lane.', enum: ['urgent', 'high', 'normal', 'background'], default: 'normal' },
  id: { description: 'The id of the request.', examples: ['pr6eevd27qyuj7dopk5sk7ngsg'] },
  worker: {
    description: 'The name of a worker or another process; one that is no token of NATS as `=` and its base64url.',
    examples: ['w-1', '=aG9zdC5sb2NhbDo0Mg'],
  },
  state: { description: 'The state that the message tells of.' },
};
const terminal = { ...parameters.state, enum: ['materialized', 'failed', 'cancelled', 'expired'] };
const underway = { ...parameters.state, enum: ['queued', 'restoring'] };

/**
 * @param {Protocol} protocol
 * @returns {Record<string, { address: string | null, messages: readonly string[], parameters?: object, words: string }>}
 */
export function channelsOf(protocol) {
  const subjects = protocol.createSubjects();
  const { type, priority, id, worker } = parameters;
  // Made with words that are plain tokens, so that they stand for themselves.
  const address = (/** @type {string} */ subject) => subject.replace(/__(\w+?)__/g, '{$1}');
  return {
    call: {
      address: address(subjects.call('__type__')),
      parameters: { type },
      messages: ['call', 'callJson', 'callBatch'],
      words:
        'Materialize an object, interactive. The reply subject begins with `_INBOX.`; with nobody there, NATS says so at once.',
    },
    answers: {
      address: null,
      messages: ['answer', 'answerJson', 'answerBatch', 'noResponders'],
      words: 'The reply subject of a call; of answers in a batch, the same with `batch` as its last token.',
    },
    request: {
      address: address(subjects.request(/** @type {any} */ ('__priority__'), '__type__')),
      parameters: { priority, type },
      messages: ['request', 'requestJson'],
      words: `Materialize an object, durable: kept in the stream \`${subjects.storage('REQUESTS')}\` until there is an outcome. A plain publish is enough.`,
    },
    receipts: {
      address: null,
      messages: ['publishAck'],
      words: 'The reply subject of a durable request, if it has one.',
    },
    work: {
      address: address(subjects.work('__worker__')),
      parameters: { worker },
      messages: ['work', 'workBatch'],
      words:
        "From a supervisor to one worker. The last token of the reply is the work's id; of a batch, `batch-` and a number.",
    },
    reports: {
      address: null,
      messages: ['report', 'reportBatch', 'noResponders'],
      words: 'The reply subject of work; of reports in a batch, the same with `batch` as its last token.',
    },
    outcome: {
      address: address(subjects.outcome('__id__')),
      parameters: { id },
      messages: ['outcome'],
      words: `Kept for a day in the stream \`${subjects.storage('OUTCOMES')}\`.`,
    },
    event: {
      address: address(subjects.event('__state__', '__type__', '__id__')),
      parameters: { state: terminal, type, id },
      messages: ['event'],
      words: `What became of a durable request, kept for a day in the stream \`${subjects.storage('EVENTS')}\`. At least once.`,
    },
    live: {
      address: address(subjects.live('__state__', '__type__', '__id__')),
      parameters: { state: underway, type, id },
      messages: ['live'],
      words: 'Where a durable request is on its way. Kept nowhere.',
    },
    cancel: {
      address: address(subjects.cancel('__id__')),
      parameters: { id },
      messages: ['cancel', 'cancelJson'],
      words: 'Nobody waits any more. A durable request is cancelled by its outcome first, and then by this.',
    },
    heartbeat: {
      address: address(subjects.heartbeat('__worker__')),
      parameters: { worker },
      messages: ['heartbeat'],
      words: 'Workers are alive.',
    },
    pressure: {
      address: address(subjects.pressure('__worker__')),
      parameters: { worker },
      messages: ['pressure'],
      words: 'How short of memory each process is.',
    },
    dead: {
      address: address(subjects.dead('__id__')),
      parameters: { id },
      messages: ['dead'],
      words: `Requests that were given up, in the stream \`${subjects.storage('DEAD')}\`.`,
    },
    inspectControl: {
      address: address(subjects.inspectControl),
      messages: ['inspectControl'],
      words: 'What whoever looks on asks of all processes.',
    },
    inspectData: {
      address: address(subjects.inspectData('__worker__')),
      parameters: { worker },
      messages: ['inspectData'],
      words: 'What each process shows while somebody looks on.',
    },
  };
}

/**
 * Who does what. `reply` names the channel of the answers.
 *
 * @type {readonly { who: string, action: 'send' | 'receive', channel: string, reply?: string, queue?: string, words: string }[]}
 */
export const operations = [
  { who: 'client', action: 'send', channel: 'call', reply: 'answers', words: 'Asks, and waits for the answer.' },
  {
    who: 'supervisor',
    action: 'receive',
    channel: 'call',
    queue: 'supervisors',
    words: 'One of all supervisors takes it, and picks a worker.',
  },
  {
    who: 'worker',
    action: 'send',
    channel: 'answers',
    words: "Answers the asker's inbox itself. A supervisor does where no worker can.",
  },
  {
    who: 'client',
    action: 'receive',
    channel: 'answers',
    words: 'Takes the first answer; a second one, after a worker was lost, is ignored.',
  },
  { who: 'client', action: 'send', channel: 'request', reply: 'receipts', words: 'Asks, and needs not wait.' },
  {
    who: 'supervisor',
    action: 'receive',
    channel: 'request',
    words: 'Pulls from the stream, most urgent lane first, by weights 8, 4, 2 and 1.',
  },
  { who: 'supervisor', action: 'send', channel: 'work', reply: 'reports', words: 'Hands a request to a worker.' },
  { who: 'worker', action: 'receive', channel: 'work', words: 'Takes it, or says that it is busy.' },
  { who: 'worker', action: 'send', channel: 'reports', words: 'Says what has become of it.' },
  { who: 'supervisor', action: 'receive', channel: 'reports', words: 'Acknowledges, tries again or gives up.' },
  {
    who: 'worker',
    action: 'send',
    channel: 'outcome',
    words: 'Commits success. Supervisors commit failures, cancelling clients `cancelled`.',
  },
  { who: 'client', action: 'receive', channel: 'outcome', words: 'Reads it from the stream, or waits for it.' },
  {
    who: 'worker',
    action: 'send',
    channel: 'event',
    words: 'Tells it after the outcome is committed; whoever committed it does.',
  },
  { who: 'client', action: 'receive', channel: 'event', words: 'Follows what happens, from any place in the stream.' },
  { who: 'supervisor', action: 'send', channel: 'live', words: 'Tells `queued`; the worker tells `restoring`.' },
  { who: 'client', action: 'receive', channel: 'live', words: 'Looks on.' },
  { who: 'client', action: 'send', channel: 'cancel', words: 'Waits no longer.' },
  { who: 'supervisor', action: 'receive', channel: 'cancel', words: 'Drops what still waits.' },
  { who: 'worker', action: 'receive', channel: 'cancel', words: 'Ends what nobody else waits for.' },
  { who: 'worker', action: 'send', channel: 'heartbeat', words: 'Beats from a thread of its own.' },
  {
    who: 'supervisor',
    action: 'receive',
    channel: 'heartbeat',
    words: 'Knows by it who is there, what it can take and what it knows.',
  },
  { who: 'worker', action: 'send', channel: 'pressure', words: 'Measures its own memory. Supervisors do, too.' },
  { who: 'supervisor', action: 'receive', channel: 'pressure', words: 'Adapts the policy.' },
  { who: 'supervisor', action: 'send', channel: 'dead', words: 'Gives up what killed three workers.' },
  { who: 'viewer', action: 'receive', channel: 'dead', words: 'Looks into it.' },
  { who: 'viewer', action: 'send', channel: 'inspectControl', words: 'Watches, for as long as it renews this.' },
  { who: 'worker', action: 'receive', channel: 'inspectControl', words: 'All processes hear it.' },
  { who: 'worker', action: 'send', channel: 'inspectData', words: 'Supervisors and others do, too.' },
  { who: 'viewer', action: 'receive', channel: 'inspectData', words: 'Shows it.' },
];
