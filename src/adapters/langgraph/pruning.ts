/**
 * What of a thread may go, and what has to stay: the newest checkpoint of each namespace with its writes (an interrupt
 * that waits stands there, or in a subgraph's own namespace), and of delta channels, which hold no value of their own, the
 * checkpoints before it up to the one that has one, for their writes are replayed.
 */
import type { StoredCheckpoint, Thread } from './thread.js';

/** Decodes what a checkpoint says of itself. */
export type ReadMetadata = (stored: StoredCheckpoint) => Readonly<Record<string, unknown>>;

/** Takes everything away but what the newest checkpoints need. */
export function keepLatest(draft: Thread, before: Readonly<Thread>, metadataOf: ReadMetadata): void {
  for (const [namespace, checkpoints] of Object.entries(before.checkpoints)) {
    const kept = neededBy(checkpoints, before.latest[namespace], metadataOf);
    for (const id of Object.keys(checkpoints)) if (!kept.has(id)) remove(draft, namespace, id);
    // Writes may have come before their checkpoint; those of one that is gone are of no use.
    for (const id of Object.keys(before.writes[namespace] ?? {})) {
      if (!kept.has(id) && Object.hasOwn(checkpoints, id)) delete draft.writes[namespace]?.[id];
    }
  }
}

/** Takes away the checkpoints of some runs. The newest of those that stay are the newest then. */
export function dropRuns(
  draft: Thread,
  before: Readonly<Thread>,
  runs: ReadonlySet<unknown>,
  metadataOf: ReadMetadata,
): void {
  for (const [namespace, checkpoints] of Object.entries(before.checkpoints)) {
    let latest: string | undefined;
    for (const [id, stored] of Object.entries(checkpoints)) {
      if (runs.has(metadataOf(stored).run_id)) remove(draft, namespace, id);
      else if (latest === undefined || id > latest) latest = id;
    }
    if (latest === undefined) delete draft.latest[namespace];
    else draft.latest[namespace] = latest;
  }
}

function neededBy(
  checkpoints: Readonly<Record<string, StoredCheckpoint>>,
  latest: string | undefined,
  metadataOf: ReadMetadata,
): ReadonlySet<string> {
  const kept = new Set<string>();
  if (latest === undefined) return kept;
  let id: string | undefined = latest;
  let deltas: readonly string[] | undefined;
  while (id !== undefined && Object.hasOwn(checkpoints, id)) {
    const stored: StoredCheckpoint = checkpoints[id] as StoredCheckpoint;
    kept.add(id);
    deltas ??= Object.keys(Object(metadataOf(stored).counters_since_delta_snapshot));
    deltas = deltas.filter((channel) => !Object.hasOwn(stored.channels, channel));
    if (deltas.length === 0) break;
    id = stored.parent;
  }
  return kept;
}

function remove(draft: Thread, namespace: string, id: string): void {
  delete draft.checkpoints[namespace]?.[id];
  delete draft.writes[namespace]?.[id];
}
