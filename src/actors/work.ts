/** Work as its worker has it: what was asked for, what that turned out to be, and where its end is told. */
import type { WorkMessage } from '../protocol/index.js';
import type { Restored, Step, TypeCell } from '../restore/index.js';
import type { Version } from '../state/index.js';
import type { Asker } from './answering.js';
import type { Flight } from './flights.js';
import type { Reservation } from './reservations.js';

/** What a name or root turned out to be. */
export interface Found {
  readonly root: string;
  readonly type: string;
  /** The version that the name pointed at, when it was asked for by name. */
  readonly version: Version | undefined;
  readonly mode: 'whole' | 'paths';
  /** Its type has to upgrade it: what comes out is not what is stored. */
  readonly isOld: boolean;
  /** Names what is restored: requests with the same key share it. */
  readonly key: string;
  readonly steps: () => Generator<Step, Restored>;
  /** Bytes of the whole object at a root, as stored; 0 where that can't be told from here. */
  readonly storedBytes: (root: string) => number;
  /** Where what became of it is counted. */
  readonly metrics: TypeCell;
}

/** Something in hand. */
export interface Work {
  /** What supervisor and worker call it by. Askers may choose equal ids for theirs. */
  readonly id: string;
  readonly message: WorkMessage;
  readonly asker: Asker;
  readonly found: Found;
  /** Milliseconds of the clock. */
  readonly deadlineAt: number;
  /** How often it was given to a worker, and where the supervisor waits for its end: of the last time. */
  attempt: number;
  report: string | undefined;
  /** `null` when it has landed and its outcome is being committed. */
  flight: Flight<Work> | null;
  /** What its value takes while its outcome is being committed. */
  reservation: Reservation | null;
}
