/**
 * Saves values under their names, many at a time but never more than there is room for. A name that already points at
 * the same state is left as it is. Values of one name are saved in the order in which they came.
 */
import type { Helios, StateReference } from '../../index.js';
import { HeliosError } from '../../protocol/errors.js';

/** Saves on their way at the same time, at most: enough to share a commit, few enough to hold in memory. */
const SAVES_MAX = 1_024;
/** Bytes of input text on its way, at most, unless one value alone is larger. */
const BYTES_MAX = 33_554_432;
/** How often a save tries again when another process moves the same name. */
const CONFLICTS_MAX = 16;

export interface IntakeCounts {
  /** Names that pointed at nothing before. */
  readonly objects: number;
  readonly versions: number;
  /** Values that their names pointed at already. */
  readonly unchanged: number;
  /** Bytes of all states that came, each counted as if it were alone. */
  readonly logicalBytes: number;
}

export class Intake {
  private readonly tails = new Map<string, Promise<void>>();
  private readonly count = { objects: 0, versions: 0, unchanged: 0, logicalBytes: 0 };
  private saving = 0;
  private savingBytes = 0;
  private failure: unknown;
  private wake: (() => void) | undefined;

  constructor(
    private readonly helios: Helios,
    private readonly message: string | undefined,
  ) {}

  get counts(): IntakeCounts {
    return this.count;
  }

  /**
   * Takes a new state; resolves when it is on its way.
   * @param bytes of its text, for the bounds above
   * @throws what an earlier save failed with
   */
  async add(name: string, reference: StateReference<unknown, unknown>, bytes: number): Promise<void> {
    while (this.isFull(bytes)) await this.change();
    this.throwFailure();
    this.start(name, reference, bytes);
  }

  /** Resolves when everything taken is saved. @throws what a save failed with */
  async settle(): Promise<void> {
    while (this.saving > 0) await this.change();
    this.throwFailure();
  }

  private isFull(bytes: number): boolean {
    return this.saving >= SAVES_MAX || (this.saving > 0 && this.savingBytes + bytes > BYTES_MAX);
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private throwFailure(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  private start(name: string, reference: StateReference<unknown, unknown>, bytes: number): void {
    this.saving++;
    this.savingBytes += bytes;
    const before = this.tails.get(name) ?? Promise.resolve();
    const tail = before
      .then(() => this.save(name, reference))
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => {
        this.saving--;
        this.savingBytes -= bytes;
        if (this.tails.get(name) === tail) this.tails.delete(name);
        this.wake?.();
      });
    this.tails.set(name, tail);
  }

  private async save(name: string, reference: StateReference<unknown, unknown>): Promise<void> {
    if (this.failure !== undefined) return; // what came after a failed save was not saved either
    for (let attempt = 1; ; attempt++) {
      const head = (await this.helios.find(name))?.base ?? null;
      if (head?.root === reference.root && head.type === reference.type) {
        this.count.unchanged++;
        break;
      }
      try {
        const message = this.message === undefined ? {} : { message: this.message };
        await reference.save(name, { expect: head ?? 'absent', ...message });
        this.count.versions++;
        if (head === null) this.count.objects++;
        break;
      } catch (error) {
        if (attempt >= CONFLICTS_MAX || !HeliosError.is(error, 'CONFLICT')) throw error;
      }
    }
    this.count.logicalBytes += reference.bytes;
  }
}
