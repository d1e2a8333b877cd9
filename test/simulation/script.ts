/**
 * What is done to a simulated cluster, step by step, out of its seed: objects are saved, asked for, cancelled; processes
 * crash, come back, are cut off, run short of memory; the network and the journal get worse and better. Then everything
 * is made well again, and what was accepted must end.
 */
import type { MaterializeRequest, Submission } from '../../src/actors/index.js';
import { JOURNAL, NO_JOURNAL_FAULTS } from '../../src/bus/simulated/journal.js';
import { NO_FAULTS } from '../../src/bus/simulated/network.js';
import { checkMessage, HeliosError, LANES, requestMessage } from '../../src/protocol/index.js';
import type { Asking, Cluster, Role, Supervising, Working } from './cluster.js';
import { filled } from './cluster.js';
import { type Call, type Durable, textOf } from './history.js';
import { ABSENT_NAME, DAMAGED_NAME, DEADLY_NAME, NAMES, newValue, UNKNOWN_TYPE_NAME } from './objects.js';

/** Milliseconds between two steps, at most. */
const STEP_MS = 300;
/** Milliseconds until a process that has crashed is started again. */
const RESTART_MS = [20, 1_500] as const;
/** Milliseconds after which events are read again when the journal could not be reached. */
const REREAD_MS = 100;
const SUPERVISORS = 2;
const WORKERS = 3;
const CLIENTS = 2;

/** What a durable request asks for, but for its id or key. */
interface Asked {
  readonly object?: string;
  readonly root?: string;
  readonly type?: string;
  readonly ttlMs: number;
  readonly priority: number;
  readonly includeValue: boolean;
}

export interface Script {
  /** One step, and the time up to the next. */
  step(): Promise<void>;
  /** A process has crashed. */
  crashed(name: string): void;
  /** Ends all faults, and starts what is needed. */
  heal(): void;
}

export function createScript(cluster: Cluster): Script {
  const { simulation, history, trace } = cluster;
  const { time, chance, network } = simulation;
  const submissions: { readonly client: Asking; readonly submission: Submission; readonly durable: Durable }[] = [];
  const calls: { readonly client: Asking; readonly request: MaterializeRequest<unknown> }[] = [];
  const keys: string[] = [];
  const keyed = new Map<string, Asked>();
  /** Where reading all events goes on; `undefined` until the beginning is known. */
  let cursor: string | undefined;
  let serial = 0;

  // ── Who is there ────────────────────────────────────────────────────────────────────────────────────────────────

  const names = {
    supervisor: Array.from({ length: SUPERVISORS }, (_, index) => `supervisor-${index}`),
    worker: Array.from({ length: WORKERS }, (_, index) => `worker-${index}`),
    client: Array.from({ length: CLIENTS }, (_, index) => `client-${index}`),
  };

  function of<Kind extends Role['kind']>(kind: Kind): Extract<Role, { readonly kind: Kind }>[] {
    return [...cluster.roles.values()].filter(
      (role): role is Extract<Role, { readonly kind: Kind }> => role.kind === kind,
    );
  }

  function start(kind: Role['kind'], name: string): void {
    if (cluster.roles.has(name)) return;
    if (kind === 'supervisor') cluster.startSupervisor(name);
    else if (kind === 'worker') cluster.startWorker(name, name.endsWith('0') || chance.happens(0.5));
    else cluster.startClient(name);
    const role = cluster.roles.get(name);
    if (role?.kind === 'client' && name === names.client[0]) void readEvents(role);
  }

  function startMissing(): void {
    for (const kind of ['supervisor', 'worker', 'client'] as const) for (const name of names[kind]) start(kind, name);
  }

  /** Its place is taken after a while: by one of the same name, or by somebody new. */
  function crashed(name: string): void {
    for (const kind of ['supervisor', 'worker', 'client'] as const) {
      const place = names[kind].indexOf(name);
      if (place === -1) continue;
      time.at(time.now + chance.between(...RESTART_MS), () => {
        const next = chance.happens(0.5) ? name : `${kind}-${place + 10 * ++serial}`;
        names[kind][place] = next;
        start(kind, next);
      });
    }
  }

  // ── What is asked for ───────────────────────────────────────────────────────────────────────────────────────────

  function target(): Pick<Asked, 'object' | 'root' | 'type'> {
    const drawn = chance.random();
    if (drawn < 0.04) return { object: UNKNOWN_TYPE_NAME };
    if (drawn < 0.08) return { object: DAMAGED_NAME };
    if (drawn < 0.12) return { object: ABSENT_NAME };
    const [name, type] = chance.one(NAMES) ?? ['agents/0', 'agent'];
    const saves = history.saves.get(name) ?? [];
    if (drawn < 0.3 && saves.length > 0) {
      const saved = chance.one(saves);
      if (saved !== undefined) return { root: saved.root, type };
    }
    return { object: name, ...(chance.happens(0.3) ? { type } : {}) };
  }

  function save(): void {
    const [name, type] = chance.one(NAMES) ?? ['agents/0', 'agent'];
    cluster.save(name, type, newValue(chance, ++serial));
  }

  function submit(client: Asking): void {
    const what = chance.happens(0.015) ? { object: DEADLY_NAME } : target();
    const ttlMs = chance.happens(0.15) ? chance.between(50, 2_000) : 60_000;
    const idempotencyKey = chance.happens(0.25)
      ? ((chance.happens(0.5) ? chance.one(keys) : undefined) ?? `key-${++serial}`)
      : undefined;
    if (idempotencyKey !== undefined && !keys.includes(idempotencyKey)) keys.push(idempotencyKey);
    // A key that is used again must mean the same thing, as it would in life.
    const kept = idempotencyKey === undefined ? undefined : keyed.get(idempotencyKey);
    const asked = kept ?? { ...what, ttlMs, priority: chance.random(), includeValue: chance.happens(0.5) };
    if (idempotencyKey !== undefined) keyed.set(idempotencyKey, asked);
    const id = idempotencyKey === undefined ? client.nextId() : undefined;
    const message = { ...asked, ...(id === undefined ? { idempotencyKey } : { id }) };
    const durableId = id ?? cluster.idOfKey(idempotencyKey ?? '');
    const durable = noteDurable(durableId, asked);
    trace.say(`${client.process.name} submits ${durableId} for ${durable.object}`);
    client.submissions.submit(message).then(
      (submission) => {
        if (submission.id !== durableId) history.leaks.push(`${durableId} was accepted as ${submission.id}`);
        durable.acceptedAt ??= time.now;
        submissions.push({ client, submission, durable });
        trace.say(`${client.process.name} has ${durableId} accepted`);
        if (chance.happens(0.7)) listen(submission, durable);
      },
      (error: unknown) => trace.say(`${client.process.name} has ${durableId} refused: ${codeOf(error)}`),
    );
  }

  /** As somebody does who has no library of ours: with an id made of its place, sometimes in a form that is none. */
  function put(client: Asking): void {
    const isBad = chance.happens(0.3);
    const asked: Asked = { ...target(), ttlMs: 60_000, priority: chance.random(), includeValue: chance.happens(0.5) };
    const key = chance.happens(0.3) ? `header-${++serial}` : undefined;
    const body = isBad ? { object: 7, ttlMs: 'long' } : asked;
    const askedAt = time.now;
    const note = (id: string) => {
      const durable = noteDurable(
        id,
        isBad ? { ttlMs: asked.ttlMs, priority: 0, includeValue: false, object: '_' } : asked,
        askedAt,
      );
      trace.say(`${client.process.name} puts ${id} in for ${durable.object}`);
      return durable;
    };
    // Only the key tells beforehand which one it will be; without it, one whose receipt is lost is anybody's.
    const known = key === undefined ? undefined : note(cluster.idOfKey(key));
    client.put(chance.one(LANES) ?? 'normal', asked.type, body, key === undefined ? {} : { key }).then(
      ({ sequence }) => {
        const durable = known ?? note(cluster.idOfPlace(sequence));
        durable.acceptedAt ??= time.now;
      },
      (error: unknown) => trace.say(`${client.process.name} knows not whether it is in: ${codeOf(error)}`),
    );
  }

  /** Reads all events from the beginning, and goes on where it was when its process has crashed. */
  async function readEvents(reader: Asking): Promise<void> {
    const { events, process } = reader;
    try {
      for await (const event of events.read(cursor === undefined ? {} : { after: cursor })) {
        cursor = event.cursor;
        if (event.state === 'queued' || event.state === 'restoring') continue;
        history.heard.push({ at: time.now, id: event.id, state: event.state });
      }
    } catch (error) {
      trace.say(`${process.name} reads no more events: ${codeOf(error)}`);
      process.clock.after(REREAD_MS, () => void readEvents(reader), false);
    }
  }

  function noteDurable(id: string, { object, root, ttlMs, includeValue }: Asked, askedAt = time.now): Durable {
    const known = history.durables.get(id);
    if (known !== undefined) {
      known.askedLastAt = askedAt;
      return known;
    }
    const durable: Durable = {
      ...{
        id,
        object: object ?? root ?? '',
        askedAt,
        askedLastAt: askedAt,
        ttlMs,
        includesValue: includeValue,
        told: [],
      },
      isBad: object !== undefined && !NAMES.some(([name]) => name === object),
    };
    history.durables.set(id, durable);
    return durable;
  }

  function listen(submission: Submission, { id, told }: Durable): void {
    submission.outcome().then(
      (event) => void told.push({ at: time.now, state: event.state }),
      (error: unknown) => trace.say(`nobody told ${id}: ${codeOf(error)}`),
    );
  }

  function call(client: Asking): void {
    const what = target();
    const timeoutMs = chance.happens(0.3) ? chance.between(5, 200) : chance.between(500, 5_000);
    const id = client.nextId();
    const message = checkMessage(requestMessage, { ...what, id, timeoutMs, priority: chance.random() });
    const object = what.object ?? what.root ?? '';
    const noted: Call = { id, client: client.process.name, object, askedAt: time.now, timeoutMs, ends: [] };
    history.calls.push(noted);
    trace.say(`${client.process.name} calls ${id} for ${object.slice(0, 16)}`);
    const request = client.requests.ask(id, {
      ...{ message, error: null, signal: undefined, release: null },
      live: (value) => value,
    });
    calls.push({ client, request });
    const end = (end: Omit<Call['ends'][number], 'at'>) => {
      noted.ends.push({ at: time.now, ...end });
      trace.say(`${client.process.name} has ${id}: ${end.state} ${end.code ?? ''}`);
    };
    request.actor.subscribe({
      complete: () => {
        const { value: state, context } = request.actor.getSnapshot();
        if (state !== 'materialized') return end({ state, code: context.error?.code ?? 'none' });
        const { root, value } = context.result as { readonly root: string; readonly value: unknown };
        end({ state, root, value: textOf(value) });
      },
    });
  }

  function cancel(): void {
    const some = chance.one(submissions.filter(({ client }) => client.process.isAlive));
    if (some === undefined || chance.happens(0.5)) {
      const one = chance.one(calls.filter(({ client }) => client.process.isAlive));
      return one?.request.cancel('no longer wanted');
    }
    const { submission, durable } = some;
    durable.cancelledAt ??= time.now;
    trace.say(`${some.client.process.name} cancels ${durable.id}`);
    submission.cancel().catch((error: unknown) => trace.say(`${durable.id} is not cancelled: ${codeOf(error)}`));
  }

  // ── What goes wrong ─────────────────────────────────────────────────────────────────────────────────────────────

  function trouble(): void {
    history.troubles.push(time.now);
  }

  function crash(): void {
    const role = chance.one([...cluster.roles.values()]);
    if (role === undefined) return;
    trouble();
    cluster.crash(role.process.name);
  }

  function drain(): void {
    const role = chance.one<Supervising | Working>([...of('worker'), ...of('supervisor')]);
    if (role === undefined) return;
    const { name } = role.process;
    trouble();
    trace.say(`${name} drains`);
    const actor = role.kind === 'worker' ? role.worker : role.supervisor;
    void actor.drain(chance.between(0, 600)).then(() => {
      if (cluster.roles.get(name) === role) cluster.crash(name);
    });
  }

  /** Stopped, or in a long collection: it goes on as if nothing had happened. */
  function pause(): void {
    const role = chance.one([...cluster.roles.values()]);
    if (role === undefined) return;
    const { name } = role.process;
    const forMs = chance.between(20, chance.happens(0.3) ? 6_000 : 800);
    trouble();
    trace.say(`${name} stands still for ${forMs.toFixed(0)} ms`);
    history.pauses.push({ process: name, from: time.now, to: time.now + forMs });
    role.process.pause(forMs);
  }

  function partition(): void {
    const all = [...cluster.roles.keys(), JOURNAL];
    const cut = all.filter(() => chance.happens(0.3));
    trace.say(`cut off: ${cut.join(', ') || 'nobody'}`);
    trouble();
    network.partition([cut]);
    time.at(time.now + chance.between(50, 2_500), () => {
      trace.say('the partition heals');
      network.heal();
    });
  }

  function disturb(): void {
    const isBad = chance.happens(0.6);
    trouble();
    network.faults = isBad
      ? {
          delayMs: [0.1, chance.between(0.2, 40)],
          ...{
            loss: chance.between(0, 0.15),
            duplication: chance.between(0, 0.15),
            reordering: chance.between(0, 0.3),
          },
        }
      : NO_FAULTS;
    simulation.journalFaults = isBad
      ? {
          ...{
            unasked: chance.between(0, 0.1),
            unanswered: chance.between(0, 0.1),
            undelivered: chance.between(0, 0.15),
          },
        }
      : NO_JOURNAL_FAULTS;
    simulation.crashing = isBad && chance.happens(0.5) ? chance.between(0, 0.004) : 0;
    trace.say(isBad ? 'network and journal get worse' : 'network and journal are well');
  }

  /** One worker's memory fills or empties, or that of all at once, each to another degree. */
  function press(): void {
    const all = of('worker');
    const one = chance.one(all);
    for (const worker of chance.happens(0.5) || one === undefined ? all : [one]) {
      const share = chance.one([0, 0.3, 0.6, 0.75, 0.9]) ?? 0;
      trace.say(`${worker.process.name} has its memory filled to ${share}`);
      worker.pressure.force(filled(share));
    }
  }

  const actions: readonly (readonly [weight: number, () => void])[] = [
    [10, save],
    [30, () => ofAny(submit)],
    [5, () => ofAny(put)],
    [25, () => ofAny(call)],
    [12, cancel],
    [5, crash],
    [3, drain],
    [4, pause],
    [3, partition],
    [5, disturb],
    [10, press],
  ];
  const weights = actions.reduce((sum, [weight]) => sum + weight, 0);

  function ofAny(ask: (client: Asking) => void): void {
    const client = chance.one(of('client'));
    if (client !== undefined) for (let count = chance.happens(0.2) ? 8 : 1; count > 0; count--) ask(client);
  }

  function act(): void {
    let drawn = chance.between(0, weights);
    for (const [weight, action] of actions) {
      drawn -= weight;
      if (drawn < 0) return action();
    }
  }

  time.at(0, () => {
    void cluster.journal.events.latest().then((beginning) => {
      cursor = beginning;
    });
  });
  for (const [name, type] of NAMES) if (type === 'rare') history.rare.add(name);
  time.at(0, () => {
    startMissing();
    cluster.save(UNKNOWN_TYPE_NAME, 'ghost', newValue(chance, ++serial));
    for (const name of [DAMAGED_NAME, DEADLY_NAME]) cluster.save(name, 'agent', newValue(chance, ++serial));
    for (const [name, type] of NAMES) if (chance.happens(0.9)) cluster.save(name, type, newValue(chance, ++serial));
  });
  time.at(0, () => cluster.damage(DAMAGED_NAME));

  return {
    crashed,
    async step() {
      // As an event: what it promises comes about before the next one.
      time.at(time.now, () => {
        act();
      });
      await simulation.runUntil(time.now + chance.between(0, STEP_MS));
    },
    heal() {
      trace.say('all is well from now on');
      network.heal();
      network.faults = NO_FAULTS;
      simulation.journalFaults = NO_JOURNAL_FAULTS;
      simulation.crashing = 0;
      for (const worker of of('worker')) worker.pressure.force(filled(0));
      // Who stands still is well when it goes on.
      history.healedAt = Math.max(time.now, ...history.pauses.map(({ to }) => to));
    },
  };
}

function codeOf(error: unknown): string {
  return HeliosError.is(error) ? error.code : String(error);
}
