/** Terminal events in memory, in order, until they are old or many. A reader that is too slow for that is told so. */
import type { OutcomeMessage } from '../../protocol/index.js';
import { createCursors, stale } from '../cursor.js';
import type { Events, JournalBounds, JournalEvent } from '../journal.js';
import { checkId } from '../journalId.js';
import { closed } from './requests.js';
import { roughBytes } from './roughBytes.js';
import { createShelf } from './shelf.js';

type Reading = Parameters<Events['read']>[0];

export function createEvents(now: () => number, bounds: JournalBounds, createdMs: number): Events & { close(): void } {
  /** The oldest that is kept, and the newest. */
  let first = 1;
  let last = 0;
  let isClosed = false;
  const cursors = createCursors(createdMs);
  const wakers = new Set<() => void>();
  const events = createShelf<number, OutcomeMessage>({
    ...{ now, keepMs: bounds.keepMs, bytesMax: bounds.eventBytes },
    onGone: (sequence) => {
      first = sequence + 1;
    },
  });
  /** Ids of what was appended lately. */
  const known = createShelf<string, true>({ now, keepMs: bounds.duplicateWindowMs, bytesMax: bounds.eventBytes });

  function wakeAll(): void {
    for (const wake of [...wakers]) wake();
  }

  /** Until something has happened, be it that the signal aborts. */
  async function news(signal: AbortSignal | undefined): Promise<void> {
    let wake = () => {};
    await new Promise<void>((resolve) => {
      wake = resolve;
      wakers.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
    wakers.delete(wake);
    signal?.removeEventListener('abort', wake);
  }

  async function* read({ after, signal, started, ...filter }: Reading): AsyncGenerator<JournalEvent, void, void> {
    if (isClosed) throw closed();
    // Those that are too old go now, so that a cursor is judged by what is there.
    void events.size;
    let sequence = after === undefined ? last : cursors.read(after, first, last);
    started?.();
    while (!isClosed && signal?.aborted !== true) {
      if (sequence === last) {
        await news(signal);
        continue;
      }
      const event = events.get(sequence + 1);
      if (event === undefined) throw stale(cursors.at(sequence), 'events that follow it are no longer kept');
      sequence++;
      if (isMeant(event, filter)) yield { event, cursor: cursors.at(sequence) };
    }
  }

  return {
    async append(event) {
      if (isClosed) throw closed();
      if (known.get(checkId(event.id)) === true) return;
      known.put(event.id, true, 2 * event.id.length);
      events.put(++last, event, roughBytes(event));
      wakeAll();
    },
    read,
    async latest() {
      if (isClosed) throw closed();
      return cursors.at(last);
    },
    close() {
      isClosed = true;
      wakeAll();
    },
  };
}

function isMeant(event: OutcomeMessage, { state, type, id }: Pick<Reading, 'state' | 'type' | 'id'>): boolean {
  if (state !== undefined && state !== event.state) return false;
  return (type === undefined || type === event.type) && (id === undefined || id === event.id);
}
