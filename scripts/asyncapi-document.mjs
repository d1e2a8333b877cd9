/**
 * The AsyncAPI document of what is said over NATS, made of the product's own schemas and subjects. Pure: the protocol
 * comes in, a text goes out.
 */
import { stringify } from 'yaml';
import { channelsOf, encodings, messages, ofServer, operations } from './asyncapi-channels.mjs';
import { examples } from './asyncapi-examples.mjs';
import { jsonSchemas } from './asyncapi-schemas.mjs';

/** @typedef {import('./asyncapi-schemas.mjs').Protocol} Protocol */

/** Paragraphs, one a line. */
const description = [
  'What clients, supervisors and workers of Helios say to one another over NATS. How to use it, with programs that run: [nats.md](nats.md).',
  '**Prefix.** `helios.v1` stands for the prefix of the cluster, and `HELIOS_` in names of streams and buckets too; another prefix names its own.',
  '**Encoding.** A schema describes a message as JSON has it. MessagePack carries the same, but that dates are its timestamps, bytes are bin, and 64-bit integers are integers. What JSON lacks is tagged: `{"$bigint":"1"}`, `{"$bytes":"base64"}`, `{"$array":["Float64","base64"]}`, `{"$date":"ISO"}`, `{"$map":[[k,v]]}`, `{"$set":[…]}`, `{"$number":"NaN"|"Infinity"|"-Infinity"|"-0"}`, `{"$ref":{"root","type"}}`; a record of one key that begins with `$` gets one more `$`. Who asks in JSON is answered in JSON. Events and outcomes are always JSON.',
  '**Unknown fields** are ignored: a newer sender is understood by an older receiver.',
  "**Batches.** A message with the header `Helios-Batch` is a list of messages. Each stands for one whose subject (of answers and reports) or reply (of calls and work) ends in the item's `id` in place of the batch's last token.",
];

/**
 * @param {Protocol} protocol
 * @returns {Record<string, unknown>}
 */
export function asyncapiDocument(protocol) {
  const channels = channelsOf(protocol);
  const bucket = protocol.createSubjects().storage('POLICY');
  const records = `**Records** lie in the KV bucket \`${bucket}\` as JSON: \`policy\` is a PolicyRecord.`;
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Helios over NATS',
      version: `${protocol.WIRE_VERSION}.0.0`,
      description: [...description, records].join('\n\n'),
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/msgpack',
    servers: { nats: { host: 'localhost:4222', protocol: 'nats', description: 'NATS with JetStream, 2.9 or later.' } },
    channels: mapped(channels, channelOf),
    operations: Object.fromEntries(operations.map((operation) => [nameOf(operation), operationOf(operation)])),
    components: {
      messages: mapped(messages, (_, name) => messageOf(name, protocol.MAX_BATCH)),
      schemas: jsonSchemas(protocol),
    },
  };
}

/**
 * The document as YAML, with a word on where it comes from.
 *
 * @param {Protocol} protocol
 */
export function asyncapiText(protocol) {
  const note = '# Made by `npm run asyncapi` of the schemas in src/protocol. Change those, not this.\n';
  return (
    note +
    stringify(asyncapiDocument(protocol), {
      ...{ lineWidth: 110, aliasDuplicateObjects: false },
      compat: 'yaml-1.1', // whose readers would make dates of texts
    })
  );
}

function channelOf(/** @type {any} */ { address, parameters, messages: names, words }) {
  return {
    address,
    description: words,
    ...(parameters === undefined ? {} : { parameters }),
    messages: Object.fromEntries(names.map((/** @type {string} */ name) => [name, ref('components/messages', name)])),
  };
}

/** @typedef {(typeof operations)[number]} Operation */

function nameOf(/** @type {Operation} */ { who, action, channel }) {
  return `${who}${action === 'send' ? 'Sends' : 'Receives'}${channel.charAt(0).toUpperCase()}${channel.slice(1)}`;
}

function operationOf(/** @type {Operation} */ { who, action, channel, reply, queue, words }) {
  return {
    action,
    channel: ref('channels', channel),
    summary: words,
    tags: [{ name: who }],
    ...(queue === undefined ? {} : { bindings: { nats: { queue, bindingVersion: '0.1.0' } } }),
    ...(reply === undefined ? {} : { reply: { channel: ref('channels', reply) } }),
  };
}

function messageOf(/** @type {string} */ name, /** @type {number} */ batchMax) {
  const message = messages[name];
  if (message === undefined) throw new Error(`There is no message ${name}.`);
  const { of, how, headers = {}, words } = message;
  const encoding = encodings[how];
  const isOfServer = ofServer.includes(name);
  const all = { ...(isOfServer ? {} : encoding.headers), ...headers };
  const must = isOfServer ? [] : encoding.must;
  return {
    name,
    summary: words,
    contentType: encoding.contentType,
    ...(Object.keys(all).length === 0 ? {} : { headers: headersOf(all, must) }),
    ...(of.length === 0 ? {} : { payload: payloadOf(of, how, batchMax), examples: examplesOf(of, how, must) }),
  };
}

function headersOf(/** @type {object} */ properties, /** @type {readonly string[]} */ must) {
  return { type: 'object', properties, ...(must.length === 0 ? {} : { required: must }) };
}

/** The place of an item of a batch is told by its id, so that it must have one. */
function payloadOf(/** @type {readonly string[]} */ of, /** @type {string} */ how, /** @type {number} */ batchMax) {
  const refs = of.map((name) => ref('components/schemas', name));
  const one = refs.length === 1 ? refs[0] : { oneOf: refs };
  if (how !== 'batch') return one;
  return { type: 'array', minItems: 1, maxItems: batchMax, items: { allOf: [one, { required: ['id'] }] } };
}

function examplesOf(
  /** @type {readonly string[]} */ of,
  /** @type {string} */ how,
  /** @type {readonly string[]} */ must,
) {
  const { headers } = encodings[/** @type {keyof typeof encodings} */ (how)];
  const sent = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => must.includes(name))
      .map(([name, schema]) => [name, schema.const]),
  );
  const payloads = of.flatMap((name) => /** @type {Record<string, unknown[]>} */ (examples)[name] ?? []);
  const given =
    how === 'batch'
      ? [payloads.filter((payload) => typeof payload === 'object' && payload !== null && 'id' in payload)]
      : payloads;
  return given.map((payload) => ({ ...(must.length === 0 ? {} : { headers: sent }), payload }));
}

function ref(/** @type {string} */ place, /** @type {string} */ name) {
  return { $ref: `#/${place}/${name}` };
}

/**
 * @template Value
 * @param {Record<string, Value>} record
 * @param {(value: Value, key: string) => unknown} map
 */
function mapped(record, map) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
