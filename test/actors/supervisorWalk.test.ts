/**
 * Random walks through all that may happen to a supervisor, calls and durable requests together: after each step its
 * figures hold, and when everything has come to rest every request has ended once and no credit is missing.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeliosError, type OutcomeMessage, type WorkerStatus } from '../../src/protocol/index.js';
import { openSupervising, type PlayedWorker, pass, type Supervising, settle, subjects } from './supervising.js';

const NAMES = ['a', 'b', 'c'];
const CREDITS = 3;
const passing = new HeliosError('NOT_LOCAL', 'Not here.');
const hopeless = new HeliosError('CORRUPT_BLOCK', 'Bad.');

type Step =
  | { readonly do: 'call' | 'submit' | 'cancelCall' | 'cancelDurable' }
  | { readonly do: 'beat' | 'vanish' | 'gone' | 'drain' | 'restart'; readonly worker: number }
  | { readonly do: 'report'; readonly worker: number; readonly which: number; readonly state: string }
  | { readonly do: 'wait'; readonly ms: number };

const worker = fc.nat({ max: NAMES.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('call' as const, 'submit' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cancelCall' as const, 'cancelDurable' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('beat' as const), worker }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('vanish' as const, 'gone' as const, 'drain' as const, 'restart' as const),
      worker,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('report' as const),
      worker,
      which: fc.nat({ max: 20 }),
      state: fc.constantFrom('done', 'done', 'busy', 'type', 'failed', 'hopeless', 'twice'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(50, 100, 300) }) },
);

class Walk {
  readonly it: Supervising = openSupervising({ random: () => 0 });
  readonly workers: PlayedWorker[] = [];
  calls = 0;
  durables = 0;
  private runs = 0;

  constructor() {
    for (let index = 0; index < NAMES.length; index++) this.restart(index);
  }

  async take(step: Step): Promise<void> {
    const { it } = this;
    if (step.do === 'call') it.call(`call-${this.calls++}`, { timeoutMs: 2_000 });
    else if (step.do === 'submit') await it.submit(`durable-${this.durables++}`);
    else if (step.do === 'cancelCall') this.cancelCall();
    else if (step.do === 'cancelDurable') await this.cancelDurable();
    else if (step.do === 'wait') await pass(it.clock, step.ms);
    else if (step.do === 'restart') this.restart(step.worker);
    else if (step.do === 'report') await this.report(step);
    else if ('worker' in step) this.turn(step.do, this.workers[step.worker]);
    await settle();
  }

  /** Under a name of its own: what had that place before says nothing any more. */
  restart(index: number): void {
    this.workers[index]?.vanish();
    this.workers[index] = this.it.worker(`${NAMES[index]}${this.runs++}`, CREDITS);
  }

  private turn(what: 'beat' | 'vanish' | 'gone' | 'drain', worker: PlayedWorker | undefined): void {
    if (what === 'beat') worker?.beat(CREDITS);
    else if (what === 'vanish') worker?.vanish();
    else worker?.beat(0, { state: what === 'gone' ? 'gone' : 'draining' });
  }

  private cancelCall(): void {
    const id = `call-${this.calls - 1}`;
    this.it.bus.publish(subjects.cancel(id), { id });
  }

  private async cancelDurable(): Promise<void> {
    const id = `durable-${this.durables - 1}`;
    const outcome: OutcomeMessage = {
      ...{ id, type: '_', object: id, at: '2026-01-01T00:00:00.000Z', state: 'cancelled' },
      error: new HeliosError('CANCELLED', 'Not wanted.'),
    };
    if (this.durables > 0) await this.it.journal.outcomes.create(outcome);
    this.it.bus.publish(subjects.cancel(id), { id });
  }

  private async report({ worker: index, which, state }: Extract<Step, { do: 'report' }>): Promise<void> {
    const worker = this.workers[index];
    if (worker === undefined || worker.work.length === 0) return;
    const message = worker.work[which % worker.work.length];
    const name = message?.durable?.id ?? message?.request.object ?? '';
    const more: Partial<WorkerStatus> = { id: message?.id ?? '', attempt: message?.attempt ?? 1 };
    if (state === 'busy') worker.report(name, 'busy', more);
    else if (state === 'type') worker.report(name, 'busy', { ...more, type: 'agent' });
    else if (message?.durable === undefined) worker.report(name, 'done', more);
    else if (state === 'failed') worker.report(name, 'failed', { ...more, error: passing });
    else if (state === 'hopeless') worker.report(name, 'failed', { ...more, error: hopeless });
    else await this.commit(worker, name, state === 'twice');
  }

  private async commit(worker: PlayedWorker, name: string, isTwice: boolean): Promise<void> {
    await worker.commit(name);
    if (isTwice) worker.report(name, 'done');
  }

  check(): void {
    const { supervisor } = this.it;
    const inHand = supervisor.workers().reduce((sum, { inHand }) => sum + inHand.size, 0);
    expect(supervisor.dispatched).toBe(inHand);
    expect(supervisor.queued).toBeGreaterThanOrEqual(0);
    for (const { inHand, hasMarked } of supervisor.workers()) {
      const marked = [...inHand].filter(({ isMarked }) => isMarked).length;
      expect(marked).toBeLessThanOrEqual(1);
      expect(hasMarked).toBe(marked === 1);
    }
    expect(this.it.errors).toEqual([]);
  }

  checkChart(): void {
    const { supervisor } = this.it;
    const { queued, dispatched } = supervisor.actor.getSnapshot().context;
    expect([queued, dispatched]).toEqual([supervisor.queued, supervisor.dispatched]);
  }

  /** One good worker does all that is left. */
  async rest(): Promise<void> {
    const { it } = this;
    for (const worker of this.workers) worker.beat(0, { state: 'gone' });
    for (const worker of this.workers) worker.vanish();
    const last = it.worker('last', 99);
    const done = new Set<string>();
    for (let round = 0; round < 40; round++) {
      last.beat(99);
      await pass(it.clock, 100);
      for (const { id, durable, request } of [...last.work]) {
        if (done.has(id)) continue;
        done.add(id);
        const name = durable?.id ?? request.object ?? '';
        if (durable === undefined) last.report(name, 'done');
        else await last.commit(name);
      }
      await settle();
      this.check();
    }
  }
}

test('credits never leak, counts are true, and every durable request ends exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const walk = new Walk();
      for (const one of steps) {
        await walk.take(one);
        walk.check();
        walk.checkChart();
      }
      await walk.rest();
      const { supervisor, journal } = walk.it;
      expect([supervisor.queued, supervisor.dispatched, supervisor.held]).toEqual([0, 0, 0]);
      expect(await journal.requests.size()).toBe(0);
      for (let id = 0; id < walk.durables; id++) expect(await journal.outcomes.get(`durable-${id}`)).toBeDefined();
      supervisor.stop(new HeliosError('CLOSED', 'Over.'));
      await walk.it.bus.close();
      await journal.close();
    }),
    { numRuns: 40 },
  );
}, 60_000);
