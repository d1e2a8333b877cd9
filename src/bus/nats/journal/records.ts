/**
 * Records in two KV buckets, which other clients of NATS read as such: those that are kept for ever, and those about one
 * thing, which the server drops when they are old. Changed by compare-and-set at the server, watched by a feed.
 */
import { HeliosError } from '../../../protocol/errors.js';
import { decodeJson, encodeJson } from '../../../protocol/index.js';
import type { JournalRecord, Records } from '../../journal.js';
import { checkRecordKey } from '../../recordKey.js';
import type { Api, StoredMessage } from './api.js';
import type { Channel } from './channel.js';
import { openFeed } from './feed.js';
import { guard } from './pull.js';
import { put } from './put.js';
import { keySubject, type StreamNames } from './streams.js';

export interface RecordsOptions {
  readonly channel: Channel;
  readonly api: Api;
  readonly names: Pick<StreamNames, 'lasting' | 'passing'>;
  readonly onFault: (error: HeliosError) => void;
}

/** Tries of a delete, or of a write over a deleted record, while others change it. */
const WRITE_TRIES = 16;
const OPERATION_HEADER = 'KV-Operation';

export function createRecords({ channel, api, names, onFault }: RecordsOptions): Records {
  function streamOf(key: string): string {
    return checkRecordKey(key) ? names.passing : names.lasting;
  }

  /** Also what is left of a deleted one. */
  async function find(key: string): Promise<StoredMessage | undefined> {
    const stream = streamOf(key);
    return await api.find(stream, keySubject(stream, key));
  }

  /** @returns the revision, or undefined when the newest one isn't `expected` */
  async function write(
    key: string,
    payload: string,
    expected: number,
    operation?: string,
  ): Promise<number | undefined> {
    const stream = streamOf(key);
    const headers = channel.link.newHeaders();
    headers.append('Nats-Expected-Last-Subject-Sequence', String(expected));
    if (operation !== undefined) headers.append(OPERATION_HEADER, operation);
    const subject = keySubject(stream, key);
    const stored = await put(channel, subject, payload, { headers, isRepeatable: true, what: 'records' });
    if (!('isTaken' in stored)) return stored.sequence;
    if (!stored.wasRepeated) return undefined;
    // An answer that got lost may have been a yes.
    const found = await find(key);
    const isOurs = found !== undefined && found.sequence > expected && Buffer.from(found.data).toString() === payload;
    return isOurs && found.operation === (operation ?? '') ? found.sequence : undefined;
  }

  return {
    async get(key) {
      const found = await find(key);
      return found === undefined ? undefined : recordOf(key, found);
    },
    async put(key, value, expected) {
      const payload = encodeJson(value);
      const revision = await write(key, payload, expected);
      if (revision !== undefined || expected !== 0) return revision;
      for (let tries = 0; tries < WRITE_TRIES; tries++) {
        const found = await find(key);
        if (found?.operation === '') return undefined;
        const written = await write(key, payload, found?.sequence ?? 0);
        if (written !== undefined) return written;
      }
      return undefined;
    },
    async delete(key) {
      for (let tries = 0; tries < WRITE_TRIES; tries++) {
        const found = await find(key);
        if (found === undefined || found.operation !== '') return;
        if ((await write(key, '', found.sequence, 'DEL')) !== undefined) return;
      }
      const message = `Record ${key} can't be deleted: others changed it ${WRITE_TRIES} times meanwhile. Try again.`;
      throw new HeliosError('CONFLICT', message, { details: { key } });
    },
    watch(key, onChange) {
      const stream = streamOf(key);
      if (channel.isClosed) return { subject: key, unsubscribe: () => {} };
      const feed = openFeed({
        ...{ channel, api, stream, filter: keySubject(stream, key) },
        start: async (last) => (last === undefined ? 'newest' : { from: last + 1 }),
        isPatient: true,
      });
      void follow().catch((error: unknown) => onFault(HeliosError.from(error)));
      return { subject: key, unsubscribe: feed.stop };

      /** Null for what somebody else put there and is no record: the next one may be. */
      function readable(found: Content): JournalRecord | undefined | null {
        try {
          return recordOf(key, found);
        } catch (error) {
          onFault(HeliosError.from(error));
          return null;
        }
      }

      async function follow(): Promise<void> {
        let isThere = false;
        for (let found = await feed.next(); found !== undefined; found = await feed.next()) {
          const { msg, sequence } = found;
          const operation = msg.headers?.get(OPERATION_HEADER) ?? '';
          const record = readable({ data: msg.data, sequence, operation });
          if (record === null) continue;
          // That there is none is no news to begin with.
          if (record === undefined && !isThere) continue;
          isThere = record !== undefined;
          guard(() => onChange(record));
        }
      }
    },
  };
}

type Content = Pick<StoredMessage, 'data' | 'sequence' | 'operation'>;

/** @throws HeliosError `INVALID_REQUEST` for what is no JSON */
function recordOf(key: string, { data, sequence, operation }: Content): JournalRecord | undefined {
  if (operation !== '') return undefined;
  try {
    return { value: decodeJson(data), revision: sequence };
  } catch (error) {
    const { message } = HeliosError.from(error);
    const text = `What is kept under ${key} is no record of Helios's: ${message} Put it right, or delete it.`;
    throw new HeliosError('INVALID_REQUEST', text, { details: { key }, cause: error });
  }
}
