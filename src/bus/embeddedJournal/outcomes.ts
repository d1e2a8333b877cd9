/** Outcomes in memory: one for each id, until they are old or many; and those who wait for one. */
import type { OutcomeMessage } from '../../protocol/index.js';
import type { JournalBounds, Outcomes } from '../journal.js';
import { checkId } from '../journalId.js';
import { callApart, type JournalClock } from './clock.js';
import { closed } from './requests.js';
import { roughBytes } from './roughBytes.js';
import { createShelf } from './shelf.js';

export function createOutcomes(
  clock: JournalClock,
  now: () => number,
  bounds: JournalBounds,
): Outcomes & { close(): void } {
  const outcomes = createShelf<string, OutcomeMessage>({ now, keepMs: bounds.keepMs, bytesMax: bounds.outcomeBytes });
  const watching = new Map<string, Set<(outcome: OutcomeMessage) => void>>();
  let isClosed = false;

  return {
    async create(outcome) {
      if (isClosed) throw closed();
      if (outcomes.get(checkId(outcome.id)) !== undefined) return false;
      outcomes.put(outcome.id, outcome, roughBytes(outcome));
      const watchers = watching.get(outcome.id);
      watching.delete(outcome.id);
      for (const tell of watchers ?? []) clock.soon(() => tell(outcome));
      return true;
    },
    async get(id) {
      if (isClosed) throw closed();
      return outcomes.get(checkId(id));
    },
    watch(id, onOutcome) {
      let isActive = true;
      const tell = (outcome: OutcomeMessage) => {
        if (!isActive || isClosed) return;
        isActive = false;
        callApart(clock, () => onOutcome(outcome));
      };
      const known = outcomes.get(checkId(id));
      if (known !== undefined) clock.soon(() => tell(known));
      else watching.set(id, (watching.get(id) ?? new Set()).add(tell));
      return {
        subject: id,
        unsubscribe: () => {
          isActive = false;
          const watchers = watching.get(id);
          watchers?.delete(tell);
          if (watchers?.size === 0) watching.delete(id);
        },
      };
    },
    close() {
      isClosed = true;
      watching.clear();
    },
  };
}
