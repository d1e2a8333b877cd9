/** Ids of durable requests, which are tokens of subjects wherever they are kept. */
import { describe } from '../protocol/describe.js';
import { HeliosError } from '../protocol/errors.js';

/** One token as NATS has it. */
const ID = /^[^\s.*>\p{Cc}]{1,256}$/u;

/** @throws HeliosError `INVALID_REQUEST` */
export function checkId(id: string): string {
  if (typeof id === 'string' && ID.test(id)) return id;
  const message = `The id of a durable request is 1 to 256 characters without white space, dots, * and >; got ${describe(id)}.`;
  throw new HeliosError('INVALID_REQUEST', message, { details: { id } });
}
