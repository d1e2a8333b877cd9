/**
 * Faults of the kinds that systems like this one have had, put into a simulation from outside: what its programs see of
 * the journal, of time and of the store is not what it should be, or they don't do what they should. Each says by which
 * words of the checker it is to be found.
 */
import type { Journal, RequestQueue } from '../../src/bus/index.js';
import type { Started } from '../../src/bus/simulated.js';
import { HeliosError, type OutcomeMessage } from '../../src/protocol/index.js';
import type { Plant, Role } from './cluster.js';
import { WAITS } from './cluster.js';

export interface PlantedFault {
  readonly plant: Plant;
  /** One of these is said of it. */
  readonly found: RegExp;
}

type Pulled = Parameters<RequestQueue['pull']>[3];

/** A journal whose deliveries come otherwise, at supervisors. */
function delivering(change: (onDelivery: Pulled) => Pulled): Plant {
  return {
    journal: (journal, kind) =>
      kind !== 'supervisor'
        ? journal
        : { ...journal, requests: { ...journal.requests, pull: pulling(journal, change) } },
  };
}

function pulling({ requests }: Journal, change: (onDelivery: Pulled) => Pulled): RequestQueue['pull'] {
  return (lane, count, waitMs, onDelivery) => requests.pull(lane, count, waitMs, change(onDelivery));
}

/** Processes of a kind whose timers run otherwise: `undefined` never. */
function timing(kind: Role['kind'], ms: (ms: number) => number | undefined): Plant {
  return {
    process: (process, of): Started => {
      if (of !== kind) return process;
      const { clock } = process;
      const after: typeof clock.after = (forMs, callback, isAwaited) => {
        const changed = ms(forMs);
        return changed === undefined
          ? { cancel: () => {}, await: () => {} }
          : clock.after(changed, callback, isAwaited);
      };
      // What a process can do is told by itself: only its clock is another.
      return Object.create(process, { clock: { value: { ...clock, after } } });
    },
  };
}

const FAILED: Pick<OutcomeMessage, 'state'> & {
  readonly error: { code: 'INTERNAL'; message: string; retryable: false };
} = {
  state: 'failed',
  error: { code: 'INTERNAL', message: 'It is not as it was said.', retryable: false },
};

export const PLANTS: Readonly<Record<string, PlantedFault>> = {
  'a request is acknowledged before it has its outcome': {
    plant: delivering((onDelivery) => (delivery) => {
      delivery.ack();
      onDelivery(delivery);
    }),
    found: /^acknowledged early/,
  },
  'a redelivery is ignored': {
    plant: delivering((onDelivery) => (delivery) => {
      if (delivery.delivered === 1) onDelivery(delivery);
    }),
    found: /^lost/,
  },
  'bytes that were reserved are not released when a restoration fails': {
    plant: {
      role: (role) => {
        if (role.kind !== 'worker') return;
        const { reservations } = role.worker;
        const take = reservations.take.bind(reservations);
        reservations.take = (bytes) => {
          const reservation = take(bytes);
          if (reservation === null) return null;
          const { release, correct } = reservation;
          let isRestored = false;
          reservation.correct = (actual) => {
            isRestored = true;
            correct.call(reservation, actual);
          };
          reservation.release = () => isRestored && release.call(reservation);
          return reservation;
        };
      },
    },
    found: /^leak: worker-\d+ has \d+ reserv/,
  },
  'a second terminal event says otherwise': {
    plant: {
      journal: (journal, kind) =>
        kind !== 'worker'
          ? journal
          : {
              ...journal,
              events: {
                ...journal.events,
                append: async (event) => {
                  await journal.events.append(event);
                  const { id, type, object, at } = event;
                  await journal.events.append({ id, type, object, at, ...FAILED, state: 'failed' });
                },
              },
            },
    },
    found: /^contradiction/,
  },
  'the event of an outcome is forgotten': {
    plant: {
      journal: (journal, kind) =>
        kind !== 'worker' ? journal : { ...journal, events: { ...journal.events, append: async () => {} } },
    },
    found: /^no event/,
  },
  'who loses the race for the policy follows its own draft under the epoch of the winner': {
    plant: {
      journal: (journal) => ({
        ...journal,
        records: {
          ...journal.records,
          put: async (key, value, expected) => {
            const revision = await journal.records.put(key, value, expected);
            return key === 'policy' ? (revision ?? (await journal.records.get(key))?.revision) : revision;
          },
        },
      }),
    },
    found: /^(two policies|epoch back)/,
  },
  'an outcome is overwritten': {
    plant: {
      keeper: (journal) => {
        const overwritten = new Map<string, OutcomeMessage>();
        return {
          ...journal,
          outcomes: {
            ...journal.outcomes,
            create: async (outcome) => {
              await journal.outcomes.create(outcome);
              overwritten.set(outcome.id, outcome);
              return true;
            },
            get: async (id) => overwritten.get(id) ?? (await journal.outcomes.get(id)),
          },
        };
      },
    },
    found: /^two outcomes/,
  },
  'calls go on when their time is up': {
    plant: timing('client', (ms) => ms * 20),
    found: /^(no end|late end)/,
  },
  'nobody looks whether workers are still there': {
    plant: timing('supervisor', (ms) => (ms === WAITS.beatMs ? undefined : ms)),
    found: /^(lost|late|leak)/,
  },
  'deaths of workers are not counted': {
    plant: {
      journal: (journal) => ({
        ...journal,
        records: {
          ...journal.records,
          put: async (key, value, expected) =>
            key.startsWith('kill.') ? expected + 1 : await journal.records.put(key, value, expected),
        },
      }),
    },
    found: /^(lost|late)/,
  },
  'a worker remembers where a name pointed': {
    plant: {
      store: (store) => {
        const remembered = new Map<string, ReturnType<typeof store.heads.get>>();
        const get: typeof store.heads.get = (name) => {
          if (!remembered.has(name)) remembered.set(name, store.heads.get(name));
          return remembered.get(name);
        };
        return { ...store, heads: { ...store.heads, get } };
      },
    },
    found: /^wrong root/,
  },
  'a handler throws': {
    plant: {
      role: ({ process }) => {
        process.bus.subscribe('helios.v1.cancel.*', () => {
          throw new HeliosError('INTERNAL', 'Planted.');
        });
      },
    },
    found: /^thrown/,
  },
};
