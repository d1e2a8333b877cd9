/** The journal behind all processes of a simulation, with somebody who writes down what it does. */
import type { Delivery, Journal } from '../../src/bus/index.js';
import type { History } from './history.js';

export interface Observed {
  /** The journal as one process is to see it. */
  by(process: string): Journal;
}

/**
 * @param idOf the id of a durable request, of what is in the queue
 * @param now milliseconds of the simulation
 */
export function observe(
  journal: Journal,
  history: History,
  idOf: (of: Pick<Delivery, 'body' | 'key' | 'sequence'>) => string,
  now: () => number,
): Observed {
  const { requests, outcomes, events } = journal;
  const acknowledged = new Set<number>();
  return {
    by: (process) => ({
      ...journal,
      requests: {
        ...requests,
        submit: async (lane, type, request, how) => {
          const put = await requests.submit(lane, type, request, how);
          const key = how?.key;
          history.queued.add(idOf({ body: request, sequence: put.sequence, ...(key === undefined ? {} : { key }) }));
          return put;
        },
        pull: (lane, count, waitMs, onDelivery) =>
          requests.pull(lane, count, waitMs, (delivery) =>
            onDelivery({
              ...delivery,
              ack: () => {
                const { sequence } = delivery;
                if (!acknowledged.has(sequence))
                  history.acks.push({ at: now(), by: process, sequence, id: idOf(delivery) });
                acknowledged.add(sequence);
                delivery.ack();
              },
            }),
          ),
      },
      outcomes: {
        ...outcomes,
        create: async (outcome) => {
          const isCreated = await outcomes.create(outcome);
          if (isCreated) history.decided.push({ at: now(), by: process, outcome });
          return isCreated;
        },
      },
      events: {
        ...events,
        append: async (event) => {
          history.events.push({ at: now(), by: process, event });
          await events.append(event);
        },
      },
    }),
  };
}
