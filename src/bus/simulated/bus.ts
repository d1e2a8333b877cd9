/**
 * The bus of simulated processes. Who receives a message is decided when it is published, as a server would; then it
 * travels, once to each process that is meant. Bodies are handed over as they are. Decides nothing about faults: that
 * is the network's.
 */
import { MAX_CACHED_ROUTES } from '../../protocol/limits.js';
import type { Bus, BusMessage, PublishOptions, Subscription } from '../bus.js';
import { busClosed, messageOf } from '../message.js';
import { createReplies } from '../replies.js';
import { createRoutes, type Group, type Receiver } from '../routes.js';
import { checkQueue, checkSubject } from '../subject.js';
import type { Chance } from './chance.js';
import type { Network } from './network.js';
import type { SimulatedProcess } from './process.js';
import type { VirtualTime } from './time.js';

/** What happens to messages, for whoever looks on. */
export interface Passage {
  readonly what: 'arrived' | 'lost' | 'cut off' | 'too late';
  readonly from: string;
  readonly to: string;
  readonly message: BusMessage;
}

export interface ExchangeOptions {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly chance: Chance;
  readonly onPassage: (passage: Passage) => void;
  /** Asked before and after a process is handed something: whether it crashes there. */
  readonly crashes: (process: SimulatedProcess) => boolean;
}

/** Where all buses of one simulation meet. */
export interface Exchange {
  bus(process: SimulatedProcess, onError: (error: unknown, message: BusMessage) => void): Bus;
}

/** Who has a subscription. */
interface Owner {
  readonly process: SimulatedProcess;
  readonly call: (receiver: Receiver, message: BusMessage) => void;
}

const NO_RESPONDERS = { Status: '503' };

export function createExchange({ time, network, chance, onPassage, crashes }: ExchangeOptions): Exchange {
  const routes = createRoutes({ random: chance.random, cacheSize: MAX_CACHED_ROUTES });
  const ownerOf = new WeakMap<Receiver, Owner>();
  let order = 0;
  let opened = 0;

  function canHave(from: SimulatedProcess, receiver: Receiver | undefined): boolean {
    const owner = receiver === undefined ? undefined : ownerOf.get(receiver)?.process;
    return receiver?.isActive === true && owner !== undefined && network.reaches(from.name, owner.name);
  }

  /** The member whose turn it is, among those who can be reached. */
  function nextOf(group: Group, from: SimulatedProcess): Receiver | undefined {
    const { members } = group;
    for (let tried = 0; tried < members.length; tried++) {
      const member = members[group.turn];
      group.turn = group.turn + 1 < members.length ? group.turn + 1 : 0;
      if (canHave(from, member)) return member;
    }
    return undefined;
  }

  /** Who gets a message, by process. */
  function receiversOf(from: SimulatedProcess, subject: string): Map<SimulatedProcess, Receiver[]> {
    const route = routes.find(subject);
    const chosen = [...route.plain, ...route.groups.map((group) => nextOf(group, from))];
    const byProcess = new Map<SimulatedProcess, Receiver[]>();
    for (const receiver of chosen) {
      if (receiver === undefined || !canHave(from, receiver)) continue;
      const owner = ownerOf.get(receiver)?.process;
      if (owner === undefined) continue;
      const some = byProcess.get(owner);
      if (some === undefined) byProcess.set(owner, [receiver]);
      else some.push(receiver);
    }
    return byProcess;
  }

  return { bus };

  function bus(process: SimulatedProcess, onError: (error: unknown, message: BusMessage) => void): Bus {
    const { name } = process;
    const ownInbox = `_INBOX.${name}-${(opened++).toString(36)}`;
    const replies = createReplies({
      ...{ inbox: ownInbox, subscribe },
      after: (ms, callback) => process.clock.after(ms, callback, true).cancel,
    });
    const own = new Set<Receiver>();
    let inboxes = 0;
    let isClosed = false;
    /** When the last of what was published has arrived. */
    let arrivedAt = 0;

    function call(receiver: Receiver, message: BusMessage): void {
      try {
        const result: unknown = receiver.handler(message);
        if (result instanceof Promise) result.catch((error: unknown) => process.isAlive && onError(error, message));
      } catch (error) {
        onError(error, message);
      }
    }

    function carry(to: SimulatedProcess, receivers: readonly Receiver[], message: BusMessage): void {
      const tell = (what: Passage['what']) => onPassage({ what, from: name, to: to.name, message });
      const arrive = () => {
        if (!to.isAlive) return tell('too late');
        to.ifAlive(() => {
          if (crashes(to)) return tell('too late');
          tell('arrived');
          for (const receiver of receivers) if (receiver.isActive) ownerOf.get(receiver)?.call(receiver, message);
          crashes(to);
        });
      };
      arrivedAt = Math.max(arrivedAt, network.carry(name, to.name, arrive, tell));
    }

    function publish(subject: string, body: unknown, options: PublishOptions = {}): void {
      if (isClosed) throw busClosed();
      const { reply, headers } = options;
      checkSubject(subject);
      if (reply !== undefined) checkSubject(reply);
      if (!process.isAlive) return;
      const message = messageOf(subject, body, reply, headers);
      const receivers = receiversOf(process, subject);
      for (const [to, some] of receivers) carry(to, some, message);
      if (receivers.size > 0 || reply === undefined) return;
      const answer = { subject: reply, body: undefined, headers: NO_RESPONDERS };
      const mine = receiversOf(process, reply).get(process);
      if (mine !== undefined) carry(process, mine, answer);
    }

    function subscribe(
      subject: string,
      handler: (message: BusMessage) => void,
      { queue }: { readonly queue?: string } = {},
    ): Subscription {
      if (isClosed) throw busClosed();
      if (queue !== undefined) checkQueue(queue);
      const receiver: Receiver = { pattern: subject, queue, handler, order: order++, isActive: true };
      routes.add(receiver);
      ownerOf.set(receiver, { process, call });
      own.add(receiver);
      if (!process.isAlive) leave(receiver);
      return { subject, unsubscribe: () => leave(receiver) };
    }

    function leave(receiver: Receiver): void {
      if (!own.delete(receiver)) return;
      routes.remove(receiver);
    }

    process.onCrash(() => {
      for (const receiver of [...own]) leave(receiver);
    });

    return {
      kind: 'simulated',
      publish,
      subscribe,
      request(subject, body, wait) {
        if (isClosed) return Promise.reject(busClosed());
        return replies.await(subject, wait, (reply) => publish(subject, body, { reply }));
      },
      inbox: () => `${ownInbox}-${(inboxes++).toString(36)}`,
      async flush() {
        if (isClosed) throw busClosed();
        await new Promise<void>((resolve) => {
          time.at(arrivedAt, () => process.ifAlive(resolve));
        });
      },
      async close() {
        if (isClosed) return;
        isClosed = true;
        for (const receiver of [...own]) leave(receiver);
        replies.close(busClosed());
      },
    };
  }
}
