/** The Helios under a checkpointer, a store or a cache: one that the program has open already, or one of its own. */
import { Helios } from '../../helios.js';

export interface StoreOptions {
  /** A directory, made if it isn't there, or `'memory'`. */
  readonly store: string;
  /** Bytes that decoded values may take in memory. Default: 64 MB. */
  readonly memoryBytes?: number;
}

/** A program's own states come first: what was decoded is soon decoded again. */
const MEMORY_BYTES = 67_108_864;

export class Opening {
  readonly helios: Promise<Helios>;
  /** Whether the Helios is to be closed with what is over it. */
  private readonly isOwn: boolean;

  constructor(over: Helios | StoreOptions) {
    this.isOwn = !(over instanceof Helios);
    this.helios =
      over instanceof Helios
        ? Promise.resolve(over)
        : Helios.open({ store: over.store, memoryBytes: over.memoryBytes ?? MEMORY_BYTES });
    // Whoever calls something is told that it can't be opened; nobody may ever do.
    this.helios.catch(() => {});
  }

  async close(): Promise<void> {
    if (this.isOwn) await (await this.helios).close();
  }
}
