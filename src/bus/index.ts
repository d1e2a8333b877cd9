/** What other rooms may use of the bus. */
export type { Bus, BusMessage, PublishOptions, Subscription } from './bus.js';
export { type BusCounters, createEmbeddedBus, type EmbeddedBus, type EmbeddedBusOptions } from './embedded.js';
export { createEmbeddedJournal, type EmbeddedJournalOptions } from './embeddedJournal.js';
export type {
  DeadLetters,
  Delivery,
  Events,
  Journal,
  JournalBounds,
  JournalEvent,
  JournalRecord,
  Outcomes,
  Pull,
  Records,
  RequestQueue,
} from './journal.js';
export type { NatsAccess, NatsTls } from './nats/access.js';
export { createNatsBus, type NatsBus, type NatsBusCounters, type NatsBusOptions } from './nats/bus.js';
export { connectNats, type LinkStatus, type NatsLink, type NatsLinkOptions } from './nats/connection.js';
export { type NatsJournalOptions, openNatsJournal } from './nats/journal.js';
export { checkPattern, checkSubject, matches } from './subject.js';
