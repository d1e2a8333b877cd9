import { readFileSync } from 'node:fs';
import asyncapiSchema from '@asyncapi/specs/schemas/3.0.0-without-$id.json' with { type: 'json' };
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asyncapiText } from '../../scripts/asyncapi-document.mjs';
import { examples } from '../../scripts/asyncapi-examples.mjs';
import { fieldWords, schemaWords } from '../../scripts/asyncapi-words.mjs';
import { decodeMessage, encodeMessage } from '../../src/protocol/codec.js';
import * as protocol from '../../src/protocol/index.js';
import { checkMessage, decodeJson, encodeJson } from '../../src/protocol/index.js';
import * as fields from '../../src/protocol/messages/fields.js';
import { nearlyRightJson } from '../protocol/nearlyRight.js';
import { Asyncapi, asyncapiPath, readAsyncapi } from './asyncapi.js';

const document = readAsyncapi();
const asyncapi = new Asyncapi(document);

/** The schema of the document for each message that the product checks. */
const SCHEMAS = {
  Request: protocol.requestMessage,
  DurableRequest: protocol.durableMessage,
  Answer: protocol.answerMessage,
  Progress: protocol.progressMessage,
  Cancel: protocol.cancelMessage,
  Work: protocol.workMessage,
  Report: protocol.workerStatus,
  Heartbeat: protocol.heartbeatMessage,
  Outcome: protocol.outcomeMessage,
  Live: protocol.liveMessage,
  DeadLetter: protocol.deadMessage,
  Pressure: protocol.pressureMessage,
  PolicyRecord: protocol.policyRecord,
  InspectControl: protocol.inspectControlMessage,
  InspectData: protocol.inspectDataMessage,
} as const;

describe('docs/asyncapi.yaml', () => {
  it('is what `npm run asyncapi` makes', () => {
    expect(readFileSync(asyncapiPath, 'utf8')).toBe(asyncapiText({ ...protocol, fields }));
  });

  it('is a valid document of AsyncAPI 3.0', () => {
    const validate = addFormats
      .default(new Ajv({ strict: false, allErrors: true, logger: false }))
      .compile(asyncapiSchema);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...document, operations: { x: { action: 'shout' } } })).toBe(false);
  });

  it('refers to nothing that is not there', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(refs.length).toBeGreaterThan(50);
    for (const path of new Set(refs)) {
      const found = path.split('/').reduce<unknown>((at, key) => Reflect.get(Object(at), key), document);
      expect(found, path).toBeDefined();
    }
  });

  it('says of every channel who sends and who receives', () => {
    const channels = Object.keys(document.channels);
    for (const action of ['send', 'receive']) {
      const done = Object.values(document.operations)
        .filter((operation) => operation.action === action)
        .map(({ channel }) => channel.$ref.split('/').at(-1));
      // What JetStream sends is no operation of ours.
      expect(channels.filter((channel) => !done.includes(channel))).toEqual(['receipts']);
    }
  });

  it('has a channel for every subject that the product makes, and another one for each', () => {
    const subjects = protocol.createSubjects();
    const all = {
      call: subjects.call('agent'),
      request: subjects.request('high'),
      work: subjects.work('host.local'),
      outcome: subjects.outcome('1'),
      event: subjects.event('failed', '_', '1'),
      live: subjects.live('queued', '_', '1'),
      cancel: subjects.cancel('1'),
      heartbeat: subjects.heartbeat('w'),
      pressure: subjects.pressure('w'),
      dead: subjects.dead('1'),
      inspectControl: subjects.inspectControl,
      inspectData: subjects.inspectData('w'),
    };
    for (const [channel, subject] of Object.entries(all)) expect(asyncapi.channelsOf(subject)).toEqual([channel]);
    const makers = Object.keys(subjects).filter(
      (name) => !name.endsWith('s') && name !== 'prefix' && name !== 'storage',
    );
    // `policy` is said within a process alone; the rest of the makers with an `s` are patterns.
    expect(makers.filter((name) => !(name in all))).toEqual(['policy']);
  });

  it('has words for every field, and none for fields that are gone', () => {
    const all = Object.entries(document.components.schemas).flatMap(([name, schema]) => placesIn(name, schema));
    const used = (place: string) =>
      all.some(
        (known) =>
          known === place || known.replace(/^(DurableRequest|Request|Answer|Outcome|Inspect)\w*\./, '$1.') === place,
      );
    const stale = Object.keys(fieldWords).filter((key) => {
      if (!key.includes('.')) return !all.some((place) => place.endsWith(`.${key}`));
      return !used(key.replace(/^(InspectControl)\./, 'Inspect.')) && !used(key);
    });
    expect(stale).toEqual([]);
    expect(Object.keys(schemaWords).sort()).toEqual(Object.keys(document.components.schemas).sort());
  });
});

function placesIn(place: string, schema: object): string[] {
  const properties: unknown = Reflect.get(schema, 'properties');
  if (typeof properties !== 'object' || properties === null) return [];
  return Object.entries(properties).flatMap(([key, property]) => [
    `${place}.${key}`,
    ...placesIn(`${place}.${key}`, property),
  ]);
}

describe('the examples', () => {
  it('are there for every message with a payload, and fit it', () => {
    for (const [name, message] of Object.entries(document.components.messages)) {
      if (message.payload === undefined) continue;
      expect(message.examples?.length, name).toBeGreaterThan(0);
      for (const { headers = {}, payload } of message.examples ?? []) {
        const contentType = message.contentType === 'application/json' ? 'application/json' : 'application/msgpack';
        expect(
          asyncapi.faultsByMessage(name, { contentType, headers: headers as Record<string, string>, payload }),
        ).toEqual([]);
      }
    }
  });

  it('fit the schemas they are of', () => {
    for (const [name, payloads] of Object.entries(examples)) {
      for (const payload of payloads) expect(asyncapi.faultsBySchema(name, payload), name).toEqual([]);
    }
  });

  it('are taken by the product itself, in JSON and in MessagePack', () => {
    for (const [name, schema] of Object.entries(SCHEMAS)) {
      for (const payload of examples[name as keyof typeof SCHEMAS]) {
        const message = decodeJson(JSON.stringify(payload));
        expect(checkMessage(schema, message)).toMatchObject(Object(message));
        expect(checkMessage(schema, decodeMessage(encodeMessage(message)))).toMatchObject(Object(message));
      }
    }
  });
});

describe('a schema of the document', () => {
  it('takes and refuses in JSON what the product takes and refuses', () => {
    let taken = 0;
    const of = fc
      .constantFrom(...(Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[]))
      .chain((name) =>
        fc
          .constantFrom(...(examples[name] as readonly object[]))
          .chain((right) => nearlyRightJson(right).map((json) => ({ name, json }))),
      );
    fc.assert(
      fc.property(of, ({ name, json }) => {
        const isTaken = takes(SCHEMAS[name], json);
        // A tag inside a value that stands for nothing: a schema can't know.
        if (isTaken === undefined) return;
        if (isTaken) taken++;
        expect({ json, isTaken: asyncapi.faultsBySchema(name, json).length === 0 }).toEqual({ json, isTaken });
      }),
      { numRuns: 5_000 },
    );
    expect(taken).toBeGreaterThan(500);
    expect(taken).toBeLessThan(4_500);
  });

  it('of a message that is encoded and decoded again is still kept', () => {
    for (const payload of examples.Answer) {
      const text = encodeJson(decodeJson(JSON.stringify(payload)));
      expect(asyncapi.faultsBySchema('Answer', JSON.parse(text))).toEqual([]);
    }
  });
});

/** Undefined for what is not even decoded. */
function takes(schema: Parameters<typeof checkMessage>[0], json: unknown): boolean | undefined {
  let message: unknown;
  try {
    message = decodeJson(JSON.stringify(json));
  } catch {
    return undefined;
  }
  try {
    checkMessage(schema, message);
    return true;
  } catch (error) {
    if (protocol.HeliosError.is(error, 'INVALID_REQUEST')) return false;
    throw error;
  }
}
