/**
 * LangGraph's cache of what nodes gave, in Helios: entries by namespace and key, until their time is over. What can't be
 * stored is not cached, and logged: a cache may forget. What the contract asks for is in `BaseCache` of
 * `@langchain/langgraph-checkpoint`.
 */
import { BaseCache, type CacheFullKey, type SerializerProtocol } from '@langchain/langgraph-checkpoint';
import { type Logger, pino } from 'pino';
import { Helios } from '../../helios.js';
import { HeliosError } from '../../protocol/errors.js';
import { Codec, type CodecOptions } from './codec.js';
import { Opening, type StoreOptions } from './opening.js';
import { type Namespace, Shelves } from './shelves.js';

export interface HeliosCacheOptions extends CodecOptions {
  readonly serde?: SerializerProtocol;
}

interface StoredEntry {
  /** Encoded. */
  readonly value: unknown;
  /** Milliseconds since 1970 at which it is over; without it, never. */
  readonly until?: number;
  /** Ids of classes that objects in it are of. */
  readonly classes?: readonly string[];
}

interface StoredNamespace {
  entries: Record<string, StoredEntry>;
  /** When the first of them is over: nobody has to look for such before. */
  due?: number;
}

export class HeliosCache<V = unknown> extends BaseCache<V> {
  private readonly opening: Opening;
  private readonly shelves: Promise<Shelves<StoredNamespace>>;
  private readonly codec: Codec;
  private readonly logger: Logger;

  /** @param over a store to be opened, or a Helios that is open already and stays the caller's */
  constructor(over: Helios | (StoreOptions & HeliosCacheOptions), options: HeliosCacheOptions = {}) {
    const given = over instanceof Helios ? options : over;
    super(given.serde);
    this.opening = new Opening(over);
    this.shelves = this.opening.helios.then(
      (helios) =>
        new Shelves<StoredNamespace>({
          ...{ helios, prefix: 'langgraph-cache/' },
          empty: () => ({ entries: {} }),
          isEmpty: ({ entries }) => Object.keys(entries).length === 0,
        }),
    );
    // Whoever calls something is told; nobody may ever do.
    this.shelves.catch(() => {});
    this.codec = new Codec(given, this.serde);
    this.logger = given.logger ?? pino({ level: 'silent' });
  }

  /** The Helios in which the entries are: a head for each namespace, under `langgraph-cache/`. */
  get helios(): Promise<Helios> {
    return this.opening.helios;
  }

  override async get(keys: CacheFullKey[]): Promise<{ key: CacheFullKey; value: V }[]> {
    const shelves = await this.shelves;
    const now = Date.now();
    const found: { key: CacheFullKey; value: V }[] = [];
    for (const full of keys) {
      const [namespace, key] = full;
      const shelf = await shelves.get(namespace);
      if (shelf === undefined || !Object.hasOwn(shelf.view.entries, key)) continue;
      const stored = shelf.at(['entries', key]) as StoredEntry;
      if (isOver(stored, now)) continue;
      await this.codec.prepare(stored.classes);
      found.push({ key: full, value: this.codec.decode(stored.value) as V });
    }
    return found;
  }

  /** @param pairs `ttl` in seconds; without it, an entry stays until it is cleared */
  override async set(pairs: { key: CacheFullKey; value: V; ttl?: number }[]): Promise<void> {
    const now = Date.now();
    const entries: (readonly [Namespace, string, StoredEntry])[] = [];
    for (const { key, value, ttl } of pairs) {
      const [namespace, name] = key;
      const met = new Set<string>();
      try {
        const encoded = await this.codec.encode(value, met, name);
        const until = ttl === undefined || ttl === null ? {} : { until: now + ttl * 1_000 };
        entries.push([namespace, name, { value: encoded, ...until, ...(met.size === 0 ? {} : { classes: [...met] }) }]);
      } catch (error) {
        if (!HeliosError.is(error, 'UNSUPPORTED_VALUE')) throw error;
        this.logger.warn({ key: name, path: error.details.path }, `Not cached: ${error.message}`);
      }
    }
    const recipes = entries.map(
      ([namespace, name, entry]) =>
        [
          namespace,
          (draft: StoredNamespace) => {
            if (draft.due !== undefined && draft.due <= now) dropOver(draft, now);
            draft.entries[name] = entry;
            if (entry.until !== undefined) draft.due = Math.min(draft.due ?? entry.until, entry.until);
          },
        ] as const,
    );
    await (await this.shelves).change(recipes, `${entries.length} cached`);
  }

  /** Forgets what is in these namespaces; all of them where none is named. */
  override async clear(namespaces: string[][]): Promise<void> {
    const shelves = await this.shelves;
    if (namespaces.length > 0) {
      for (const namespace of namespaces) await shelves.delete(namespace);
      return;
    }
    for await (const { namespace } of shelves.list([])) await shelves.delete(namespace);
  }

  /** Lets the store go, unless the Helios is the caller's own. */
  async end(): Promise<void> {
    await this.opening.close();
  }
}

function isOver({ until }: StoredEntry, now: number): boolean {
  return until !== undefined && until <= now;
}

function dropOver(draft: StoredNamespace, now: number): void {
  let due: number | undefined;
  for (const [name, entry] of Object.entries(draft.entries)) {
    if (isOver(entry, now)) delete draft.entries[name];
    else if (entry.until !== undefined) due = Math.min(due ?? entry.until, entry.until);
  }
  if (due === undefined) delete draft.due;
  else draft.due = due;
}
