/**
 * Seals on the records of names: a few bytes of a hash over what a record says and the name that it says it of. Blocks
 * need none, for they are named by their hashes; without one a bit that flipped in a record would be another root, another
 * weight, or the state of another name, and nobody would know.
 */
import { HeliosError } from '../../protocol/errors.js';
import { digestOf } from '../hash.js';

const SEAL_BYTES = 8;

/** What is stored for a name. */
export function sealed(name: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([digestOf(sealedPart(name, body)).subarray(0, SEAL_BYTES), body]);
}

/** What was sealed, in a buffer of its own. @throws HeliosError `CORRUPT_BLOCK` (details: `name`) */
export function unsealed(name: string, record: Uint8Array): Buffer {
  const body = Buffer.from(record.subarray(SEAL_BYTES));
  const seal = digestOf(sealedPart(name, body));
  for (let at = 0; at < SEAL_BYTES; at++) if (record[at] !== seal[at]) throw damaged(name);
  return body;
}

function sealedPart(name: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([body, Buffer.from(name)]);
}

/** What to throw where something is damaged that the store keeps of a name; `''` where no name can be made out. */
export function damaged(name: string): HeliosError {
  return new HeliosError(
    'CORRUPT_BLOCK',
    `${name === '' ? 'The table of names in this store' : `What the store says of "${name}"`} is damaged. Run "helios verify" to see what else is, and bring the store back from a backup or the name from an exported file.`,
    { details: { name } },
  );
}
