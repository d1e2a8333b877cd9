/**
 * One durable request that a supervisor holds: what it is, by which deliveries it came, and how far it has got. Decides
 * nothing.
 */
import type { Delivery } from '../bus/index.js';
import type { DurableMessage, Lane } from '../protocol/index.js';
import type { Item } from './item.js';
import type { DurableRead } from './readDurable.js';
import type { RequestChart } from './requestChart.js';

export class Held {
  readonly id: string;
  readonly type: string;
  readonly object: string;
  /** `undefined` when what came is none. */
  readonly request: DurableMessage | undefined;
  /** When it was put in, by the keeper's clock, in milliseconds since 1970. */
  readonly at: number;
  /** Its statechart, and what a worker can be given: once it is known that it is to be done at all. */
  chart: RequestChart | null = null;
  item: Item | null = null;
  /** Workers that went with it in hand. */
  killers: readonly string[] = [];
  /** Its outcome is being committed, or told of once more. */
  isSettling = false;
  /** By place in the queue: of each the last one, which alone may be acknowledged. */
  private readonly bySequence = new Map<number, Delivery>();

  constructor(
    { id, type, object, request }: DurableRead,
    readonly lane: Lane,
    delivery: Delivery,
  ) {
    this.id = id;
    this.type = type;
    this.object = object;
    this.request = request;
    this.at = delivery.at;
    this.add(delivery);
  }

  /** The same request once more, or another one of the same id. */
  add(delivery: Delivery): void {
    this.bySequence.set(delivery.sequence, delivery);
  }

  begin(item: Item, chart: RequestChart): void {
    this.item = item;
    this.chart = chart;
  }

  deliveries(): Iterable<Delivery> {
    return this.bySequence.values();
  }
}
