/**
 * Aligns two sequences of element identities: which elements stayed, and where between them others came and went. Knows
 * nothing of what the elements are. First what is the same at both ends, then elements that occur once on either side
 * (patience), then, between those, the fewest edits (Myers); all of it in time that grows with the lengths, not with
 * their product: a stretch that needs more than `EDITS_MAX` edits stays one gap.
 */

/** A stretch without anything that stayed: `before[beforeFrom, beforeTo)` gave way to `after[afterFrom, afterTo)`. */
export interface Gap {
  readonly beforeFrom: number;
  readonly beforeTo: number;
  readonly afterFrom: number;
  readonly afterTo: number;
}

/** Edits that are searched for in one stretch, at most. The search takes the square of it in time and memory: 1 MB. */
export const EDITS_MAX = 512;

type Ids = ArrayLike<number>;

/** The gaps from left to right, none of them empty. Between and around them the sequences are the same. */
export function alignSequences(before: Ids, after: Ids): readonly Gap[] {
  const gaps: Gap[] = [];
  const whole = trimmed(before, after, { beforeFrom: 0, beforeTo: before.length, afterFrom: 0, afterTo: after.length });
  let { beforeFrom, afterFrom } = whole;
  const close = (beforeTo: number, afterTo: number) => {
    const stretch = trimmed(before, after, { beforeFrom, beforeTo, afterFrom, afterTo });
    for (const gap of fewestEdits(before, after, stretch)) gaps.push(gap);
  };
  for (const [beforeAt, afterAt] of anchors(before, after, whole)) {
    close(beforeAt, afterAt);
    beforeFrom = beforeAt + 1;
    afterFrom = afterAt + 1;
  }
  close(whole.beforeTo, whole.afterTo);
  return gaps;
}

function trimmed(before: Ids, after: Ids, { beforeFrom, beforeTo, afterFrom, afterTo }: Gap): Gap {
  while (beforeFrom < beforeTo && afterFrom < afterTo && before[beforeFrom] === after[afterFrom]) {
    beforeFrom++;
    afterFrom++;
  }
  while (beforeFrom < beforeTo && afterFrom < afterTo && before[beforeTo - 1] === after[afterTo - 1]) {
    beforeTo--;
    afterTo--;
  }
  return { beforeFrom, beforeTo, afterFrom, afterTo };
}

/** Elements that occur once on either side, as many of them as stand in the same order on both. */
function anchors(before: Ids, after: Ids, within: Gap): readonly (readonly [number, number])[] {
  const inBefore = single(before, within.beforeFrom, within.beforeTo);
  const inAfter = single(after, within.afterFrom, within.afterTo);
  const pairs: [number, number][] = [];
  for (const [id, at] of inBefore) {
    const to = inAfter.get(id);
    if (at >= 0 && to !== undefined && to >= 0) pairs.push([at, to]);
  }
  return longestRising(pairs);
}

/** Where each element stands; -1 for one that occurs again. In order of first occurrence. */
function single(ids: Ids, from: number, to: number): Map<number, number> {
  const places = new Map<number, number>();
  for (let index = from; index < to; index++) {
    const id = ids[index] as number;
    places.set(id, places.has(id) ? -1 : index);
  }
  return places;
}

/** The longest run of pairs, rising on the left already, that rises on the right as well. */
function longestRising(pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  /** The pair that ends the best run of each length, by index, and the pair before each in its run. */
  const ends: number[] = [];
  const previous: number[] = [];
  const right = (index: number | undefined) => (index === undefined ? -1 : (pairs[index]?.[1] ?? -1));
  for (let index = 0; index < pairs.length; index++) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (right(ends[middle]) < right(index)) low = middle + 1;
      else high = middle;
    }
    previous.push(ends[low - 1] ?? -1);
    ends[low] = index;
  }
  const run: (readonly [number, number])[] = [];
  for (let index = ends.at(-1) ?? -1; index >= 0; index = previous[index] ?? -1) {
    const pair = pairs[index];
    if (pair !== undefined) run.push(pair);
  }
  return run.reverse();
}

/**
 * Myers' greedy search: `reach[k]` is how far into `before` a path on diagonal k (before index - after index) comes
 * with so many edits. The rows that it went through lead back from the end.
 */
function fewestEdits(before: Ids, after: Ids, stretch: Gap): readonly Gap[] {
  const { beforeFrom, afterFrom } = stretch;
  const removed = stretch.beforeTo - beforeFrom;
  const added = stretch.afterTo - afterFrom;
  if (removed === 0 && added === 0) return [];
  if (removed === 0 || added === 0) return [stretch];
  const most = Math.min(removed + added, EDITS_MAX);
  const middle = most + 1;
  const reach = new Int32Array(2 * most + 3);
  const rows: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    for (let k = -edits; k <= edits; k += 2) {
      let x = startOn(reach, middle, k, edits);
      while (x < removed && x - k < added && before[beforeFrom + x] === after[afterFrom + x - k]) x++;
      reach[middle + k] = x;
      if (x >= removed && x - k >= added) return backtrack(rows, stretch, edits);
    }
    rows.push(reach.slice(middle - edits - 1, middle + edits + 2));
  }
  return [stretch];
}

/** Where a path starts on diagonal k: below the one on the left (a removal) or beside the one above (an addition). */
function startOn(reach: Int32Array, middle: number, k: number, edits: number): number {
  if (edits === 0) return 0;
  const byAdding = reach[middle + k + 1] ?? 0;
  const byRemoving = (reach[middle + k - 1] ?? 0) + 1;
  return comesByAdding(k, edits, byAdding, byRemoving) ? byAdding : byRemoving;
}

function comesByAdding(k: number, edits: number, byAdding: number, byRemoving: number): boolean {
  return k === -edits || (k !== edits && byRemoving <= byAdding);
}

/** Single edits from the end to the start, joined to gaps where nothing that stayed lies between them. */
function backtrack(rows: readonly Int32Array[], stretch: Gap, edits: number): readonly Gap[] {
  const gaps: Gap[] = [];
  let x = stretch.beforeTo - stretch.beforeFrom;
  let y = stretch.afterTo - stretch.afterFrom;
  let open: { beforeFrom: number; beforeTo: number; afterFrom: number; afterTo: number } | undefined;
  for (let left = edits; left > 0; left--) {
    const row = rows[left - 1] ?? new Int32Array(0);
    // A row holds the diagonals from -left to left, so that diagonal k stands at k + left.
    const k = x - y;
    const byAdding = row[k + 1 + left] ?? 0;
    const byRemoving = (row[k - 1 + left] ?? 0) + 1;
    const isAdding = comesByAdding(k, left, byAdding, byRemoving);
    const startX = isAdding ? byAdding : byRemoving;
    const [fromX, fromY] = isAdding ? [startX, startX - k - 1] : [startX - 1, startX - k];
    const toX = startX + stretch.beforeFrom;
    const toY = startX - k + stretch.afterFrom;
    if (open !== undefined && open.beforeFrom === toX && open.afterFrom === toY) {
      open.beforeFrom = fromX + stretch.beforeFrom;
      open.afterFrom = fromY + stretch.afterFrom;
    } else {
      if (open !== undefined) gaps.push(open);
      open = {
        beforeFrom: fromX + stretch.beforeFrom,
        beforeTo: toX,
        afterFrom: fromY + stretch.afterFrom,
        afterTo: toY,
      };
    }
    x = fromX;
    y = fromY;
  }
  if (open !== undefined) gaps.push(open);
  return gaps.reverse();
}
