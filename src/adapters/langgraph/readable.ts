/**
 * Threads as people look at them: the channels of a checkpoint, with what its graph held in place of how it is stored.
 * Needs nothing of LangChain's, so that the command line shows threads wherever they are.
 */
import type { Helios } from '../../helios.js';
import { HeliosError } from '../../protocol/errors.js';
import type { StateReference, Value } from '../../state/index.js';
import { isMarked, MARK, type Marked } from './marks.js';
import type { StoredCheckpoint, Thread } from './thread.js';

type Reference = StateReference<Value, Value>;

/** A thread, and perhaps which of its checkpoints is meant. */
export interface ThreadTarget {
  readonly name: string;
  readonly checkpoint: string;
}

const THREAD = /^langgraph\//;
const CHECKPOINT = /^(langgraph\/.+)@([0-9a-f]{8}-[0-9a-f-]{27})$/s;

/** What `langgraph/thread@id` names; `undefined` for any other text. */
export function threadTarget(text: string): ThreadTarget | undefined {
  const [, name, checkpoint] = CHECKPOINT.exec(text) ?? [];
  return name === undefined || checkpoint === undefined ? undefined : { name, checkpoint };
}

export function isThread(reference: Reference): boolean {
  return reference.type === 'record' && THREAD.test(reference.base?.name ?? '');
}

/**
 * A checkpoint as a state of its own: its step, its channels, what is to be applied next, and the newest of subgraphs. What
 * it holds is the thread's own parts, so that two of them are compared by what differs.
 * @param id of a checkpoint; the thread's newest, without it
 * @throws HeliosError `UNKNOWN_OBJECT` when the thread has no such checkpoint
 */
export function checkpointOf(helios: Helios, thread: Reference, id?: string): Reference {
  const view = thread.view() as unknown as Readonly<Thread>;
  const wanted = id ?? view.latest[''];
  const namespaces = Object.keys(view.checkpoints).filter((name) => {
    const one = id === undefined ? view.latest[name] : id;
    return one !== undefined && Object.hasOwn(view.checkpoints[name] ?? {}, one);
  });
  if (id !== undefined && namespaces.length === 0) {
    const name = thread.base?.name;
    throw new HeliosError('UNKNOWN_OBJECT', `"${name}" has no checkpoint ${id}.`, {
      details: { name, checkpoint: id },
    });
  }
  const empty = helios.create('record', { channels: {}, subgraphs: {} }) as unknown as Reference;
  return empty.edit((draft: unknown) => {
    const made = draft as Record<string, unknown> & { subgraphs: Record<string, unknown> };
    for (const namespace of namespaces) {
      const one = id ?? view.latest[namespace] ?? '';
      const stored = view.checkpoints[namespace]?.[one];
      if (stored === undefined) continue;
      if (namespace === '') Object.assign(made, described(one, stored), { channels: stored.channels });
      else made.subgraphs[namespace] = { ...described(one, stored), channels: stored.channels };
    }
    const writes = wanted === undefined ? undefined : view.writes['']?.[wanted];
    if (writes !== undefined) made.writes = writesByTask(writes);
  });
}

function described(id: string, stored: StoredCheckpoint): Record<string, unknown> {
  const { step, source } = Object(readable(stored.metadata)) as { step?: unknown; source?: unknown };
  return { id, ...(step === undefined ? {} : { step }), ...(source === undefined ? {} : { source }) };
}

function writesByTask(writes: Thread['writes'][string][string]): Record<string, Record<string, unknown>> {
  const tasks: Record<string, Record<string, unknown>> = {};
  for (const { task, channel, value } of Object.values(writes)) {
    tasks[task] ??= {};
    tasks[task][channel] = value;
  }
  return tasks;
}

/** A stored value with what its marks stand for: `{AIMessage: {content: …}}` in place of how a message is written. */
export function readable(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || ArrayBuffer.isView(stored) || stored instanceof Date)
    return stored;
  if (Array.isArray(stored)) return stored.map(readable);
  if (stored instanceof Map) return new Map([...stored].map(([key, item]) => [readable(key), readable(item)]));
  if (stored instanceof Set) return new Set([...stored].map(readable));
  if (isMarked(stored)) return unmarked(stored);
  if ('root' in stored && 'materialize' in stored) return stored;
  return Object.fromEntries(Object.entries(stored).map(([key, item]) => [key, readable(item)]));
}

function unmarked(stored: Marked): unknown {
  switch (stored[MARK]) {
    case 'undefined':
      return undefined;
    case 'ordered':
      return readable(stored.value);
    case 'record':
      return Object.fromEntries(stored.entries.map(([key, item]) => [key, readable(item)]));
    case 'map':
      return new Map(stored.entries.map(([key, item]) => [readable(key), readable(item)]));
    case 'set':
      return new Set(stored.members.map(readable));
    case 'date':
      return new Date(Number.NaN);
    case 'buffer':
      return stored.bytes;
    case 'regexp':
      return `/${stored.source}/${stored.flags}`;
    case 'url':
      return stored.href;
    case 'error':
      return { [stored.name]: Object(stored.own).message };
    case 'snapshot':
      return readable(stored.value);
    case 'lc':
      return { [stored.id.split('/').at(-1) ?? stored.id]: saidBy(stored) };
  }
}

/** What an object was made of, but for what is empty. */
function saidBy({ kwargs, own }: Extract<Marked, { readonly [MARK]: 'lc' }>): unknown {
  const { content, id, ...rest } = { ...Object(readable(kwargs)), ...Object(readable(own ?? {})) } as Record<
    string,
    unknown
  >;
  const said = Object.entries(rest).filter(([, item]) => !isEmpty(item));
  return {
    ...(content === undefined ? {} : { content }),
    ...Object.fromEntries(said),
    ...(id === undefined ? {} : { id }),
  };
}

function isEmpty(item: unknown): boolean {
  if (item === undefined || item === null || item === '') return true;
  return typeof item === 'object' && !(item instanceof Date) && Object.keys(item).length === 0;
}
