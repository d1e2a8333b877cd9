/** Dead letters in JetStream: one for each id, until somebody takes it out or it is old. */
import type { HeliosError } from '../../../protocol/errors.js';
import { type DeadMessage, encodeJson, type Subjects } from '../../../protocol/index.js';
import type { DeadLetters } from '../../journal.js';
import { checkId } from '../../journalId.js';
import type { ContentOptions } from '../content.js';
import type { Api } from './api.js';
import type { Channel } from './channel.js';
import { CONTENT_TYPE, JSON_TYPE, readDead } from './content.js';
import { put } from './put.js';

export interface DeadOptions extends ContentOptions {
  readonly channel: Channel;
  readonly api: Api;
  readonly subjects: Subjects;
  readonly stream: string;
  readonly onFault: (error: HeliosError) => void;
}

export function createDeadLetters(options: DeadOptions): DeadLetters {
  const { channel, api, subjects, stream } = options;

  async function* list(): AsyncGenerator<DeadMessage, void, void> {
    let from = 1;
    for (;;) {
      const found = await api.find(stream, subjects.deads, from);
      if (found === undefined) return;
      from = found.sequence + 1;
      yield readDead(found.data, found.subject, options);
    }
  }

  return {
    async add(letter) {
      const subject = subjects.dead(checkId(letter.id));
      const headers = channel.link.newHeaders();
      headers.append(CONTENT_TYPE, JSON_TYPE);
      await put(channel, subject, encodeJson(letter, options), { headers, isRepeatable: true, what: 'dead letters' });
    },
    async get(id) {
      const subject = subjects.dead(checkId(id));
      const found = await api.find(stream, subject);
      return found === undefined ? undefined : readDead(found.data, subject, options);
    },
    list,
    async remove(id) {
      const found = await api.find(stream, subjects.dead(checkId(id)));
      return found !== undefined && (await api.deleteMessage(stream, found.sequence));
    },
  };
}
