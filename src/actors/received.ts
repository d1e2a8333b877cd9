/** What came in, checked as far as it must be: bodies of this process are what they were, those of a wire may be anything. */
import type { Bus, BusMessage } from '../bus/index.js';
import { checkMessage } from '../protocol/index.js';

type Schema = Parameters<typeof checkMessage>[0];

/**
 * The body of a message as its schema has it.
 * @throws HeliosError `INVALID_REQUEST`, `TOO_LARGE` for one that could not be decoded or breaks its schema
 */
export function received<S extends Schema>(
  bus: Bus,
  schema: S,
  message: BusMessage,
): ReturnType<typeof checkMessage<S>> {
  if (message.fault !== undefined) throw message.fault;
  if (bus.kind === 'nats') return checkMessage(schema, message.body);
  return message.body as ReturnType<typeof checkMessage<S>>;
}
