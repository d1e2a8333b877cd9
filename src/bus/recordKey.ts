/** Keys of a journal's records, as NATS takes them in buckets. */
import { describe } from '../protocol/describe.js';
import { HeliosError } from '../protocol/errors.js';

const KEY = /^[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]+)*$/;
/** Characters. */
const RECORD_KEY_MAX = 512;

/**
 * Returns whether what the key names is one thing among many, and kept for a while only.
 * @throws HeliosError `INVALID_REQUEST`
 */
export function checkRecordKey(key: string): boolean {
  if (typeof key === 'string' && key.length <= RECORD_KEY_MAX && KEY.test(key)) return key.includes('.');
  const rule = `letters, digits, _, - and =, with single dots between them, at most ${RECORD_KEY_MAX} characters`;
  throw new HeliosError('INVALID_REQUEST', `The key of a record is ${rule}; got ${describe(key)}.`);
}
