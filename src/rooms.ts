/**
 * The rooms of one process that has a store: blocks and heads, the decoded cache over them, types, objects and their
 * references. Brings no actor to life and speaks to nobody: whoever assembles a process puts bus and actors beside it.
 */
import type { Clock, Found } from './actors/index.js';
import { ByteCache } from './cache/index.js';
import { createLookup } from './lookup.js';
import type { LinkForm, WorkMessage } from './protocol/index.js';
import {
  type AnyObjectType,
  Blocks,
  type Cell,
  Objects,
  Restorer,
  SharedComponents,
  TypeMetrics,
  TypeRegistry,
  UnsavedBytes,
} from './restore/index.js';
import {
  createEncoder,
  DEFAULT_RETENTION,
  Decoder,
  type Encoder,
  HeadMoves,
  heldBy,
  hostOf,
  type Link,
  labelOf,
  partOf,
  type Retention,
  StateReference,
  storedPart,
  Versions,
} from './state/index.js';
import type { Store } from './store/index.js';

export interface RoomsOptions {
  readonly store: Store;
  readonly types: readonly AnyObjectType[];
  /** What decoded objects and unsaved states may take, to begin with; see `grant`. */
  readonly budgetBytes: number;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Throws `CLOSED` after the process's part in Helios has ended. */
  readonly checkOpen: () => void;
}

export class Rooms {
  readonly store: Store;
  readonly types: TypeRegistry;
  readonly metrics = new TypeMetrics();
  readonly unsaved = new UnsavedBytes(() => this.share());
  readonly cache: ByteCache<Cell>;
  readonly shared = new SharedComponents();
  /** Of heads, by this process. */
  readonly moves = new HeadMoves();
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  readonly blocks: Blocks;
  readonly versions: Versions;
  readonly restorer: Restorer;
  readonly objects: Objects;
  /** Finds what a request asks for, for a worker. */
  readonly find: (request: WorkMessage['request']) => Found;
  private budgetBytes: number;

  constructor(options: RoomsOptions) {
    const { store, clock } = options;
    this.store = store;
    this.budgetBytes = options.budgetBytes;
    this.types = new TypeRegistry(options.types);
    this.cache = new ByteCache<Cell>({ budgetBytes: options.budgetBytes, onLeave: this.shared.left });
    const decoder = new Decoder({ fromLink: (link) => this.reference(link) });
    this.blocks = new Blocks({ store, decoder, cache: this.cache, shared: this.shared });
    const encoder = createEncoder({ asLink });
    const retentionOf = (type: string) => {
      const known = this.types.get(type);
      // What is of a type that this process doesn't know is not its to let go of.
      return known === undefined ? KEEP_ALL : (known.retention ?? DEFAULT_RETENTION);
    };
    this.versions = new Versions({ store, encoder, now: options.wallClock, retentionOf, moves: this.moves });
    this.encoder = encoder;
    this.decoder = decoder;
    this.restorer = new Restorer(store, this.blocks);
    this.objects = new Objects({
      ...{ types: this.types, restorer: this.restorer, encoder, versions: this.versions },
      ...{ unsaved: this.unsaved, metrics: this.metrics, now: () => clock.now(), checkOpen: options.checkOpen },
    });
    this.find = createLookup({ store, objects: this.objects, types: this.types, metrics: this.metrics });
  }

  /** The policy grants so many bytes: unsaved states have them first, the cache has the rest. */
  grant(budgetBytes: number): void {
    this.budgetBytes = budgetBytes;
    this.share();
  }

  /** The reference that a link in a message stands for. Reads no block: it may well be elsewhere. */
  fromLink({ root, type }: LinkForm): StateReference<unknown, unknown> {
    // A link in a message says no schema version: it is taken for the one that this process knows.
    const schemaVersion = this.types.get(type)?.version ?? 1;
    return this.reference({ part: storedPart(root), type, schemaVersion, weight: 1 });
  }

  private share(): void {
    this.cache.budgetBytes = Math.max(0, this.budgetBytes - this.unsaved.total);
    this.shared.settle(this.cache);
  }

  private reference(link: Link): StateReference<unknown, unknown> {
    const { part, type, schemaVersion, weight } = link;
    return new StateReference(this.objects, { part, tree: undefined }, { type, schemaVersion, weight }, null);
  }
}

const KEEP_ALL: Retention = { versions: 'all' };

/** How a reference inside a value travels, for those who encode messages. */
export function toLink(value: object): LinkForm | undefined {
  return value instanceof StateReference ? { root: value.root, type: value.type } : undefined;
}

function asLink(value: object): Link | undefined {
  if (!(value instanceof StateReference)) return undefined;
  return { part: partOf(hostOf(value), heldBy(value)), ...labelOf(value) };
}
