/**
 * LangGraph's long-term memory in Helios: items by namespace and key, each namespace a head with its history. What comes out
 * is the caller's own, exactly as it went in. What the contract asks for is in `BaseStore` of
 * `@langchain/langgraph-checkpoint`.
 */
import {
  BaseStore,
  type GetOperation,
  type IndexConfig,
  type Item,
  JsonPlusSerializer,
  type ListNamespacesOperation,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
  type SearchOperation,
  validateNamespace,
} from '@langchain/langgraph-checkpoint';
import { Helios } from '../../helios.js';
import { describe } from '../../protocol/describe.js';
import { HeliosError } from '../../protocol/errors.js';
import { Codec, type CodecOptions } from './codec.js';
import { checkFilter, passes } from './filter.js';
import { Opening, type StoreOptions } from './opening.js';
import { type Namespace, type Shelf, type ShelfRecipe, Shelves } from './shelves.js';
import { VectorIndex, type Vectors } from './vectorIndex.js';

export interface HeliosStoreOptions extends CodecOptions {
  /** How items are found by meaning: an embedding function, its number of dimensions, and the fields that are embedded. */
  readonly index?: IndexConfig;
}

interface StoredItem {
  /** Encoded. */
  readonly value: unknown;
  readonly created: Date;
  readonly updated: Date;
  /** In the order in which the items of a namespace came to be. */
  readonly order: number;
  /** Ids of classes that objects in it are of. */
  readonly classes?: readonly string[];
}

interface StoredNamespace {
  /** Milliseconds since 1970, made distinct within a process: namespaces are in this order. */
  readonly created: number;
  /** The order of the next item. */
  next: number;
  items: Record<string, StoredItem>;
  /** By key, then by the field that was embedded. */
  vectors: Record<string, Vectors>;
}

const SEARCH_LIMIT = 10;

export class HeliosStore extends BaseStore {
  private readonly opening: Opening;
  private readonly shelves: Promise<Shelves<StoredNamespace>>;
  private readonly codec: Codec;
  private readonly index: VectorIndex | undefined;
  private lastCreated = 0;

  /** @param over a store to be opened, or a Helios that is open already and stays the caller's */
  constructor(over: Helios | (StoreOptions & HeliosStoreOptions), options: HeliosStoreOptions = {}) {
    super();
    const given = over instanceof Helios ? options : over;
    this.opening = new Opening(over);
    this.shelves = this.opening.helios.then(
      (helios) =>
        new Shelves<StoredNamespace>({
          ...{ helios, prefix: 'langgraph-store/' },
          empty: () => ({ created: this.distinctNow(), next: 0, items: {}, vectors: {} }),
          isEmpty: ({ items }) => Object.keys(items).length === 0,
        }),
    );
    // Whoever calls something is told; nobody may ever do.
    this.shelves.catch(() => {});
    this.codec = new Codec(given, new JsonPlusSerializer());
    this.index = given.index === undefined ? undefined : new VectorIndex(given.index);
  }

  /** The Helios in which the items are: a head for each namespace, under `langgraph-store/`. */
  get helios(): Promise<Helios> {
    return this.opening.helios;
  }

  /**
   * Reads see what was there before; what is put, or deleted, is saved as one. Of several puts of one key the last counts.
   * @throws HeliosError `UNSUPPORTED_VALUE` for what can't be stored, `INVALID_REQUEST` for a query without an index
   */
  override async batch<Op extends Operation[]>(operations: Op): Promise<OperationResults<Op>> {
    const results: unknown[] = [];
    const puts: PutOperation[] = [];
    for (const operation of operations) {
      if ('namespacePrefix' in operation) results.push(await this.searched(operation));
      else if ('value' in operation) {
        checkPut(operation);
        puts.push(operation);
        results.push(undefined);
      } else if ('key' in operation) results.push(await this.got(operation));
      else results.push(await this.listed(operation));
    }
    await this.save(puts);
    return results as OperationResults<Op>;
  }

  override async stop(): Promise<void> {
    await this.opening.close();
  }

  private async got({ namespace, key }: GetOperation): Promise<Item | null> {
    validateNamespace(namespace, { allowEmpty: true, allowReservedRoot: true });
    const shelf = await (await this.shelves).get(namespace);
    if (shelf === undefined || !Object.hasOwn(shelf.view.items, key)) return null;
    return this.item(shelf, key, shelf.at(['items', key]) as StoredItem);
  }

  private async searched(operation: SearchOperation): Promise<SearchItem[]> {
    const { namespacePrefix, filter = {}, query } = operation;
    validateNamespace(namespacePrefix, { allowEmpty: true, allowReservedRoot: true });
    checkFilter(filter);
    const offset = countOf('offset', operation.offset ?? 0);
    const limit = countOf('limit', operation.limit ?? SEARCH_LIMIT);
    const wanted = query === undefined || query === '' ? undefined : await this.indexFor(query).query(query);
    const found: { readonly item: Item; readonly score: number | undefined }[] = [];
    const hasFilter = Object.keys(filter).length > 0;
    for (const shelf of await this.shelvesBelow(namespacePrefix)) {
      const items = Object.entries(shelf.at(['items']) as StoredNamespace['items']);
      for (const [key, stored] of items.sort(([, a], [, b]) => a.order - b.order)) {
        if (wanted === undefined && !hasFilter && found.length >= offset + limit) break;
        const item = await this.item(shelf, key, stored);
        if (!passes(item.value, filter)) continue;
        const vectors = wanted === undefined ? undefined : (shelf.at(['vectors', key]) as Vectors | undefined);
        found.push({ item, score: vectors === undefined ? undefined : wanted?.score(vectors) });
      }
    }
    // What has no vector comes last: nobody can say what it is like.
    if (wanted !== undefined) {
      found.sort((a, b) => (b.score ?? Number.NEGATIVE_INFINITY) - (a.score ?? Number.NEGATIVE_INFINITY) || 0);
    }
    return found
      .slice(offset, offset + limit)
      .map(({ item, score }) => (score === undefined ? item : { ...item, score }));
  }

  private indexFor(query: string): VectorIndex {
    if (this.index !== undefined) return this.index;
    throw new HeliosError(
      'INVALID_REQUEST',
      'A search by meaning needs an index: new HeliosStore({ store, index: { dims: 1536, embeddings } }). Without one, search by namespace and filter.',
      { details: { query } },
    );
  }

  /** In the order in which they came to be. */
  private async shelvesBelow(prefix: Namespace): Promise<Shelf<StoredNamespace>[]> {
    const shelves: Shelf<StoredNamespace>[] = [];
    for await (const shelf of (await this.shelves).list(prefix)) shelves.push(shelf);
    return shelves.sort((a, b) => a.view.created - b.view.created);
  }

  private async listed(operation: ListNamespacesOperation): Promise<string[][]> {
    const { matchConditions = [], maxDepth } = operation;
    const found = new Map<string, string[]>();
    const prefix = matchConditions.find(({ matchType }) => matchType === 'prefix')?.path ?? [];
    const wild = prefix.indexOf('*');
    for await (const { namespace } of (await this.shelves).list(wild === -1 ? prefix : prefix.slice(0, wild))) {
      if (!matchConditions.every((condition) => matches(namespace, condition))) continue;
      const cut = namespace.slice(0, maxDepth ?? namespace.length);
      found.set(cut.join(':'), [...cut]);
    }
    const offset = countOf('offset', operation.offset ?? 0);
    const limit = operation.limit === undefined ? found.size : countOf('limit', operation.limit);
    const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.slice(offset, offset + limit).map(([, namespace]) => namespace);
  }

  private async save(puts: readonly PutOperation[]): Promise<void> {
    const recipes: (readonly [Namespace, ShelfRecipe<StoredNamespace>])[] = [];
    const last = new Map(puts.map((put) => [JSON.stringify([put.namespace, put.key]), put]));
    const embedded = (await this.index?.embed([...last.values()])) ?? new Map<PutOperation, Vectors>();
    for (const put of last.values()) {
      const { namespace, key, value } = put;
      const met = new Set<string>();
      const encoded = value === null ? undefined : await this.codec.encode(value, met, key);
      const classes = met.size === 0 ? {} : { classes: [...met] };
      recipes.push([
        namespace,
        (draft, before) => {
          delete draft.vectors[key];
          if (value === null) {
            delete draft.items[key];
            return;
          }
          const known = Object.hasOwn(before.items, key) ? before.items[key] : undefined;
          const now = new Date();
          const created = known === undefined ? now : new Date(known.created.getTime());
          const order = known?.order ?? draft.next++;
          draft.items[key] = { value: encoded, created, updated: now, order, ...classes };
          const vectors = embedded.get(put);
          if (vectors !== undefined) draft.vectors[key] = vectors;
        },
      ]);
    }
    const [first] = last.values();
    const message =
      last.size === 1 ? `${first?.value === null ? 'deleted' : 'put'} ${first?.key}` : `${last.size} items`;
    await (await this.shelves).change(recipes, message);
  }

  private distinctNow(): number {
    this.lastCreated = Math.max(Date.now(), this.lastCreated + 1 / 1_024);
    return this.lastCreated;
  }

  private async item(shelf: Shelf<StoredNamespace>, key: string, stored: StoredItem): Promise<Item> {
    await this.codec.prepare(stored.classes);
    return {
      namespace: [...shelf.namespace],
      key,
      value: this.codec.decode(stored.value) as Item['value'],
      createdAt: new Date(stored.created.getTime()),
      updatedAt: new Date(stored.updated.getTime()),
    };
  }
}

function matches(namespace: Namespace, { matchType, path }: { matchType: string; path: readonly string[] }): boolean {
  const from = matchType === 'prefix' ? 0 : namespace.length - path.length;
  return from >= 0 && path.every((label, index) => label === '*' || label === namespace[from + index]);
}

function checkPut({ namespace, key, value }: { namespace: string[]; key: unknown; value: unknown }): void {
  validateNamespace(namespace, { allowReservedRoot: true });
  if (typeof key !== 'string') {
    throw new HeliosError('INVALID_REQUEST', `The key of an item is a text, but got ${describe(key)}.`);
  }
  if (value === null || (typeof value === 'object' && !Array.isArray(value))) return;
  const text = `An item is a record, or null to delete it, but put() of "${key}" got ${describe(value)}.`;
  throw new HeliosError('INVALID_REQUEST', text, { details: { key } });
}

function countOf(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw new HeliosError('INVALID_REQUEST', `${name} is a whole number from 0, but got ${describe(value)}.`);
}
