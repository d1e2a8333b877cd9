/**
 * Which state of the database reads see: within one turn of the event loop always the same, in the next turn what was
 * committed by then, by whichever process. LMDB's own renewal takes a millisecond more.
 */
import type { Environment } from './tables.js';

export class Snapshot {
  private isFresh = false;

  constructor(
    private readonly environment: Environment,
    private readonly assertOpen: () => void,
  ) {}

  /** Renews the snapshot once a turn. Returns whether it did. @throws HeliosError `CLOSED` */
  freshen(): boolean {
    this.assertOpen();
    if (this.isFresh) return false;
    this.renew();
    return true;
  }

  renew(): void {
    this.environment.resetReadTxn();
    if (this.isFresh) return;
    this.isFresh = true;
    setImmediate(() => {
      this.isFresh = false;
    });
  }
}
