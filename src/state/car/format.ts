/**
 * CAR v1 (https://ipld.io/specs/transport/car/carv1/), as far as it is needed: a header in DAG-CBOR that names one root,
 * then sections of a CID and its block, each with its length before it. CIDs are version 1, the raw codec, BLAKE3-256.
 */
import type { Hash } from '../../store/index.js';
import { varintsOf } from '../varint.js';

/** Version 1, raw, BLAKE3, 32 bytes. */
const CID_PREFIX = Uint8Array.of(0x01, 0x55, 0x1e, 0x20);
export const CID_BYTES = CID_PREFIX.length + 32;

/** `{ roots: [` and `], version: 1 }`: keys in the order that DAG-CBOR has for them. */
const HEADER_BEFORE = Buffer.concat([
  Uint8Array.of(0xa2, 0x65),
  Buffer.from('roots'),
  Uint8Array.of(0x81, 0xd8, 0x2a, 0x58, CID_BYTES + 1, 0x00),
]);
const HEADER_AFTER = Buffer.concat([Uint8Array.of(0x67), Buffer.from('version'), Uint8Array.of(0x01)]);
const HEADER_BYTES = HEADER_BEFORE.length + CID_BYTES + HEADER_AFTER.length;

function cidOf(hash: Hash): Uint8Array {
  return Buffer.concat([CID_PREFIX, Buffer.from(hash, 'hex')]);
}

/** The hash in a CID of ours; `undefined` for any other. */
export function hashIn(cid: Uint8Array): Hash | undefined {
  if (cid.length < CID_BYTES) return undefined;
  for (let at = 0; at < CID_PREFIX.length; at++) if (cid[at] !== CID_PREFIX[at]) return undefined;
  return Buffer.from(cid.subarray(CID_PREFIX.length, CID_BYTES)).toString('hex');
}

export function headerFor(root: Hash): Uint8Array {
  return Buffer.concat([varintsOf([HEADER_BYTES]), HEADER_BEFORE, cidOf(root), HEADER_AFTER]);
}

/** The root that a header of ours names; `undefined` for any other. */
export function rootIn(header: Uint8Array): Hash | undefined {
  const at = HEADER_BEFORE.length;
  const root = hashIn(header.subarray(at, at + CID_BYTES));
  if (root === undefined || header.length !== HEADER_BYTES) return undefined;
  return Buffer.compare(headerFor(root).subarray(-HEADER_BYTES), header) === 0 ? root : undefined;
}

export function sectionOf(hash: Hash, block: Uint8Array): Uint8Array {
  return Buffer.concat([varintsOf([CID_BYTES + block.length]), cidOf(hash), block]);
}
