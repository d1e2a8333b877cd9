/**
 * Terminal events in JetStream. The server drops a repeated one within its window; a reader goes on behind its cursor,
 * whatever happens to the connection meanwhile.
 */
import { HeliosError } from '../../../protocol/errors.js';
import type { OutcomeMessage, Subjects } from '../../../protocol/index.js';
import { createCursors } from '../../cursor.js';
import type { Events, JournalEvent } from '../../journal.js';
import { checkId } from '../../journalId.js';
import { checkSubject } from '../../subject.js';
import type { ContentOptions } from '../content.js';
import { type Api, failed, type StreamInfo } from './api.js';
import { type Channel, closedJournal } from './channel.js';
import { CONTENT_TYPE, JSON_TYPE, readOutcome, writeOutcome } from './content.js';
import { openFeed } from './feed.js';
import { KEY_HEADER } from './key.js';
import { put } from './put.js';

export interface EventsOptions extends ContentOptions {
  readonly channel: Channel;
  readonly api: Api;
  readonly subjects: Subjects;
  readonly stream: string;
  /** As the server says. */
  readonly created: string;
  readonly onFault: (error: HeliosError) => void;
  /** Milliseconds that one question of a reader waits at the server. */
  readonly readWaitMs?: number | undefined;
}

export function createEvents(options: EventsOptions): Events {
  const { channel, api, subjects, stream, created, onFault, readWaitMs } = options;
  const cursors = createCursors(Date.parse(created));

  async function state(): Promise<StreamInfo['state'] & { readonly cursors: typeof cursors }> {
    const info = await api.streamInfo(stream);
    if ('refused' in info) throw failed(`Stream ${stream} can't be looked at`, info.refused);
    // One that somebody has deleted and made again counts from the start.
    return { ...info.state, cursors: info.created === created ? cursors : createCursors(Date.parse(info.created)) };
  }

  async function* read(wanted: Parameters<Events['read']>[0]): AsyncGenerator<JournalEvent, void, void> {
    const { after, signal, started } = wanted;
    if (channel.isClosed) throw closedJournal();
    if (signal?.aborted === true) return;
    let cursor = after;
    const feed = openFeed({
      ...{ channel, api, stream, filter: filterOf(subjects, wanted) },
      start: async (last) => {
        const { first_seq, last_seq, cursors: current } = await state();
        if (last !== undefined) cursor = cursors.at(last);
        cursor ??= current.at(last_seq);
        return { from: current.read(cursor, first_seq, last_seq) + 1 };
      },
      waitMs: readWaitMs,
      newest: async () => (await state()).last_seq,
      ...(started === undefined ? {} : { onStarted: started }),
    });
    signal?.addEventListener('abort', feed.stop, { once: true });
    try {
      for (let found = await feed.next(); found !== undefined; found = await feed.next()) {
        const { msg, sequence } = found;
        const event = readEvent(msg.data, msg.subject);
        if (event !== undefined) yield { event, cursor: cursors.at(sequence) };
      }
    } finally {
      signal?.removeEventListener('abort', feed.stop);
      feed.stop();
    }
  }

  /** What somebody else put among the events is passed over. */
  function readEvent(data: Uint8Array, subject: string): OutcomeMessage | undefined {
    try {
      return readOutcome(data, subject, options);
    } catch (error) {
      onFault(HeliosError.from(error));
      return undefined;
    }
  }

  return {
    async append(event) {
      const subject = checkSubject(subjects.event(event.state, event.type, checkId(event.id)));
      const headers = channel.link.newHeaders();
      headers.append(CONTENT_TYPE, JSON_TYPE);
      headers.append(KEY_HEADER, event.id);
      await put(channel, subject, writeOutcome(event, options), { headers, isRepeatable: true, what: 'events' });
    },
    read,
    async latest() {
      const { last_seq, cursors: current } = await state();
      return current.at(last_seq);
    },
  };
}

/** @throws HeliosError `INVALID_REQUEST` */
function filterOf(subjects: Subjects, { state, type, id }: Parameters<Events['read']>[0]): string {
  const tokens = [state, type, id].map((token) => {
    if (token === undefined) return '*';
    if (/^[\w-]+$/.test(token)) return token;
    const message = `Events are told apart by state, type and id of letters, digits, _ and -; got ${JSON.stringify(token)}.`;
    throw new HeliosError('INVALID_REQUEST', message);
  });
  return subjects.event(tokens[0] ?? '*', tokens[1] ?? '*', tokens[2] ?? '*');
}
