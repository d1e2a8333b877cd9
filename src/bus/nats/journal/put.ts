/**
 * Messages put into streams, with the server's receipt: stored, known already, or refused and why. Many may be under way
 * at once; each is one publish and one answer.
 */
import type { MsgHdrs } from 'nats';
import * as v from 'valibot';
import { HeliosError } from '../../../protocol/errors.js';
import { parse, REFUSED, type Refusal, refusalIn } from './api.js';
import type { Channel } from './channel.js';

const receipt = v.object({ stream: v.string(), seq: v.number(), duplicate: v.optional(v.boolean()) });

export interface Stored {
  readonly sequence: number;
  readonly isDuplicate: boolean;
}

/** What the server has against a message that is there already, or has changed meanwhile. */
export interface Taken {
  readonly isTaken: true;
  /** It may have been an earlier attempt of this very message. */
  readonly wasRepeated: boolean;
}

export interface PutOptions {
  readonly headers: MsgHdrs | undefined;
  /** Beyond `HEADER_BYTES_MAX`. */
  readonly keyBytes?: number;
  readonly isRepeatable: boolean;
  /** Of which the stream is full, in an error. */
  readonly what: string;
}

/** Bytes of the headers that are put on messages, at most, but for keys. */
const HEADER_BYTES_MAX = 256;

/** @throws HeliosError `OVERLOADED` for a full stream · `TOO_LARGE` · `UNAVAILABLE` · `CLOSED` */
export async function put(
  channel: Channel,
  subject: string,
  payload: string | Uint8Array,
  { headers, keyBytes = 0, isRepeatable, what }: PutOptions,
): Promise<Stored | Taken> {
  const headerBytes = HEADER_BYTES_MAX + keyBytes;
  const { msg, wasRepeated } = await channel.ask(subject, payload, { headers, headerBytes, isRepeatable });
  const answer = parse(msg);
  const refused = refusalIn(answer);
  if (refused !== undefined) {
    if (isTaken(refused)) return { isTaken: true, wasRepeated };
    throw notStored(what, refused);
  }
  const result = v.safeParse(receipt, answer);
  if (result.success) return { sequence: result.output.seq, isDuplicate: result.output.duplicate === true };
  const message = `${subject} was answered by somebody who keeps nothing. Look who else listens there.`;
  throw new HeliosError('UNAVAILABLE', message, { details: { subject } });
}

function isTaken({ err_code, description }: Refusal): boolean {
  if (err_code === REFUSED.wrongLastSequence) return true;
  return err_code === REFUSED.storeFailed && description.includes('per subject');
}

function notStored(what: string, { err_code, description }: Refusal): HeliosError {
  const details = { errCode: err_code, description };
  const isFull =
    err_code === REFUSED.storeFailed || err_code === REFUSED.accountLimits || err_code === REFUSED.noResources;
  if (isFull) {
    const message = `The journal has no room for more ${what}: ${description}. Try again when some are done or too old, or give it more room.`;
    return new HeliosError('OVERLOADED', message, { details });
  }
  if (err_code === REFUSED.messageTooLarge) {
    return new HeliosError('TOO_LARGE', `The stream of ${what} takes no message of this size: ${description}.`, {
      details,
    });
  }
  return new HeliosError('UNAVAILABLE', `NATS did not store what belongs to ${what}: ${description}.`, { details });
}
