/**
 * The id of a durable request: a function of the message, so that a redelivery, or a key that is used again after the
 * server has forgotten it, meets the same outcome. The hash comes in as an argument: this room loads none.
 */
import { HeliosError } from './errors.js';

/** The first 26 digits: 130 bits, which nobody finds twice. */
const DIGITS = 26;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

export interface DurableIdentity {
  readonly prefix: string;
  /** The field of the message, else the header `Nats-Msg-Id`. */
  readonly idempotencyKey: string | undefined;
  /** The message's own `id`. */
  readonly id: string | undefined;
  /** When the stream was made, as its server says, and the message's place in it. */
  readonly streamCreated: string;
  readonly sequence: number;
}

/** @param hash BLAKE3 in hex */
export function durableId(of: DurableIdentity, hash: (bytes: Uint8Array) => string): string {
  const { prefix, idempotencyKey, id, streamCreated, sequence } = of;
  if (idempotencyKey !== undefined) return digits(hash(Buffer.from(`${prefix}\0${idempotencyKey}`)));
  return id ?? digits(hash(Buffer.from(`${prefix}\0${streamCreated}\0${sequence}`)));
}

function digits(hash: string): string {
  const bytes = Buffer.from(hash, 'hex');
  if (bytes.length < 17) throw new HeliosError('INTERNAL', `A hash has 32 bytes; got ${bytes.length}.`);
  let text = '';
  for (let index = 0; index < DIGITS; index++) {
    const bit = index * 5;
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += BASE32.charAt((pair >> (11 - (bit & 7))) & 31);
  }
  return text;
}
