/**
 * Time that passes only when something happens in it: events in the order of their times, and of their planning where
 * those are the same. Between two events everything that was promised comes about: promises know no virtual time, so
 * the microtasks of one event must have run dry before the next one. Never looks at a real clock.
 */

export interface VirtualTime {
  /** Milliseconds since the beginning. */
  readonly now: number;
  /** Milliseconds of the next event; `undefined` when there is none. */
  readonly nextAt: number | undefined;
  /** Plans an event, for now if the time has passed. Returns what takes it back. */
  at(ms: number, event: () => void): () => void;
  /** Lets time pass by as much as it takes to do something, before the next event. */
  spend(ms: number): void;
  /** Lets the next event happen, and all that it promised come about. Resolves with whether there was one. */
  step(): Promise<boolean>;
}

interface Planned {
  readonly at: number;
  readonly order: number;
  /** Undefined once it was taken back. */
  event: (() => void) | undefined;
}

export function createVirtualTime(): VirtualTime {
  const heap: Planned[] = [];
  let now = 0;
  let order = 0;

  /** Drops what was taken back from the front. */
  function first(): Planned | undefined {
    while (heap[0] !== undefined && heap[0].event === undefined) take(heap);
    return heap[0];
  }

  return {
    get now() {
      return now;
    },
    get nextAt() {
      return first()?.at;
    },
    at(ms, event) {
      const planned: Planned = { at: Math.max(now, ms), order: order++, event };
      put(heap, planned);
      return () => {
        planned.event = undefined;
      };
    },
    spend(ms) {
      now += ms;
    },
    async step() {
      const next = first();
      if (next?.event === undefined) return false;
      take(heap);
      now = Math.max(now, next.at);
      next.event();
      await promisesKept();
      return true;
    },
  };
}

/** Node runs all microtasks, those that they make as well, before it comes to the next turn of its event loop. */
function promisesKept(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

// ── A binary heap: the earliest is first ────────────────────────────────────────────────────────────────────────────

function isBefore(a: Planned | undefined, b: Planned | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function swap(heap: Planned[], a: number, b: number): void {
  const [one, other] = [heap[a], heap[b]];
  if (one === undefined || other === undefined) return;
  heap[a] = other;
  heap[b] = one;
}

function put(heap: Planned[], planned: Planned): void {
  let at = heap.push(planned) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (isBefore(heap[parent], heap[at])) return;
    swap(heap, parent, at);
    at = parent;
  }
}

/** Takes the first one out. */
function take(heap: Planned[]): void {
  swap(heap, 0, heap.length - 1);
  heap.pop();
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
    if (!isBefore(heap[child], heap[at])) return;
    swap(heap, at, child);
    at = child;
  }
}
