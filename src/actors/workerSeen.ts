/**
 * One worker as a supervisor sees it: what it said of itself in its last beats, what it has in hand for this supervisor,
 * and the living chart that says whether it is alive. What is in hand is a set, so that the count of it can't go wrong.
 */
import { type ActorRefFrom, createActor } from 'xstate';
import { compileMachine, type WorkerViewEvent, workerViewMachine } from '../machines/index.js';
import { type Candidate, placementHash } from '../policy/index.js';
import type { HeartbeatMessage } from '../protocol/index.js';
import type { Waits } from './waits.js';

/** What is in hand at a worker. */
export interface InHand {
  /** Workers have gone with it in hand: no two of this kind may be at one worker. */
  readonly isMarked: boolean;
  /** When the worker was given it, and when it was last sent it, in milliseconds of the clock. */
  readonly givenAt: number;
  readonly sentAt: number;
}

const compiledView = compileMachine(workerViewMachine);

/** Beats of which a later one may come first: further back means a new process under the same name. */
const BEATS_OUT_OF_ORDER_MAX = 8;

export class WorkerSeen<W extends InHand> implements Candidate {
  readonly name: string;
  readonly seed: number;
  /** Where it takes work. */
  readonly subject: string;
  readonly actor: ActorRefFrom<typeof workerViewMachine>;
  readonly inHand = new Set<W>();
  state: 'alive' | 'suspect' | 'stuck' | 'gone' = 'alive';
  /** The last beat. */
  beat: HeartbeatMessage;
  heardAt: number;
  /** Highest version known, by type. */
  types: ReadonlyMap<string, number>;
  /** What it may have in hand for this supervisor, as it said last. */
  private limit = 0;
  /** It said that it has no room, or its credits are used up; until it says otherwise. */
  private isFull = false;
  private marked = 0;

  constructor(beat: HeartbeatMessage, subject: string, waits: Waits, now: number) {
    const { worker } = beat;
    this.name = worker;
    this.seed = placementHash(worker);
    this.subject = subject;
    this.beat = beat;
    this.heardAt = now;
    this.types = readTypes(beat.types);
    this.actor = createActor(compiledView, {
      id: `worker:${worker}`,
      input: { worker, missedUntilGone: waits.missedUntilGone, stuckAfterMs: waits.stuckAfterMs },
    });
    this.actor.start();
    this.hear(beat, now);
  }

  /** How much more it can be given. */
  get free(): number {
    return this.isPlaceable && !this.isFull ? this.limit - this.inHand.size : 0;
  }

  /** How much it may have in hand for this supervisor, all in all. */
  get room(): number {
    return this.isPlaceable ? Math.max(this.limit, this.inHand.size) : 0;
  }

  /** Takes new work at all, once it has room. */
  get isPlaceable(): boolean {
    return this.state === 'alive' && this.beat.state === 'ready';
  }

  get hasMarked(): boolean {
    return this.marked > 0;
  }

  /** Whether a beat can't be from the process that beat last. */
  isOfAnother({ beat }: HeartbeatMessage): boolean {
    return beat < this.beat.beat - BEATS_OUT_OF_ORDER_MAX;
  }

  hear(beat: HeartbeatMessage, now: number): void {
    if (beat.types.length !== this.beat.types.length || beat.types.some((type, at) => type !== this.beat.types[at])) {
      this.types = readTypes(beat.types);
    }
    this.beat = beat;
    this.heardAt = now;
    // What it can still take comes on top of what it has; work on its way there may be counted twice: then it says busy.
    this.limit = (beat.credits?.count ?? 0) + this.inHand.size;
    this.isFull = false;
    this.send({ type: 'BEAT', at: now, progress: beat.progress, running: beat.inHand });
  }

  /** The credits of a report. */
  hearRoom(hasRoom: boolean): void {
    this.isFull = !hasRoom;
  }

  /** Returns the state that it is in then. */
  send(event: WorkerViewEvent): WorkerSeen<W>['state'] {
    if (this.state !== 'gone') this.actor.send(event);
    this.state = this.actor.getSnapshot().value;
    return this.state;
  }

  take(work: W): void {
    this.inHand.add(work);
    if (work.isMarked) this.marked++;
  }

  release(work: W): void {
    if (this.inHand.delete(work) && work.isMarked) this.marked--;
  }

  /** Takes everything back. */
  releaseAll(): W[] {
    const all = [...this.inHand];
    this.inHand.clear();
    this.marked = 0;
    return all;
  }
}

/** `type@version` each; one without a version knows them all. */
function readTypes(types: readonly string[]): Map<string, number> {
  const versions = new Map<string, number>();
  for (const text of types) {
    const at = text.lastIndexOf('@');
    const name = at === -1 ? text : text.slice(0, at);
    const version = at === -1 ? Number.POSITIVE_INFINITY : Number(text.slice(at + 1));
    if (version >= (versions.get(name) ?? 0)) versions.set(name, version);
  }
  return versions;
}
