/**
 * A head as bytes, little-endian: version (u32), schema version, weight and time (f64 each), commit and root (32 bytes
 * each), length of the type's name (u16), the name, and the message as JSON text when there is one. JSON, because a
 * message may hold half of a surrogate pair, which UTF-8 alone would change. The head's own name is the key. Sealed, as
 * labels are.
 */
import type { Head } from '../store.js';
import { sealed, unsealed } from './seal.js';

const VERSION = 0;
const SCHEMA_VERSION = 4;
const WEIGHT = 12;
const AT = 20;
const COMMIT = 28;
const ROOT = 60;
const TYPE_LENGTH = 92;
const TYPE = 94;
const HASH_BYTES = 32;

export function encodeHead(head: Head): Uint8Array {
  const type = Buffer.from(head.type);
  const message = Buffer.from(head.message === undefined ? '' : JSON.stringify(head.message));
  const record = Buffer.alloc(TYPE + type.length + message.length);
  record.writeUInt32LE(head.version, VERSION);
  record.writeDoubleLE(head.schemaVersion, SCHEMA_VERSION);
  record.writeDoubleLE(head.weight, WEIGHT);
  record.writeDoubleLE(head.at, AT);
  record.write(head.commit, COMMIT, 'hex');
  record.write(head.root, ROOT, 'hex');
  record.writeUInt16LE(type.length, TYPE_LENGTH);
  record.set(type, TYPE);
  record.set(message, TYPE + type.length);
  return sealed(head.name, record);
}

/** Copies everything out: the record may be LMDB's own buffer. @throws HeliosError `CORRUPT_BLOCK` (details: `name`) */
export function decodeHead(name: string, stored: Uint8Array): Head {
  const record = unsealed(name, stored);
  const typeEnd = TYPE + record.readUInt16LE(TYPE_LENGTH);
  const head = {
    name,
    version: record.readUInt32LE(VERSION),
    commit: record.toString('hex', COMMIT, COMMIT + HASH_BYTES),
    root: record.toString('hex', ROOT, ROOT + HASH_BYTES),
    type: record.toString('utf8', TYPE, typeEnd),
    schemaVersion: record.readDoubleLE(SCHEMA_VERSION),
    weight: record.readDoubleLE(WEIGHT),
    at: record.readDoubleLE(AT),
  };
  if (typeEnd === record.length) return head;
  return { ...head, message: String(JSON.parse(record.toString('utf8', typeEnd))) };
}

/** Labels with the numbers of their versions. */
export function encodeLabels(name: string, labels: ReadonlyMap<string, number>): Uint8Array {
  return sealed(name, Buffer.from(JSON.stringify(Object.fromEntries(labels))));
}

/** @throws HeliosError `CORRUPT_BLOCK` (details: `name`) */
export function decodeLabels(name: string, stored: Uint8Array | undefined): Map<string, number> {
  if (stored === undefined) return new Map();
  return new Map(Object.entries<number>(JSON.parse(unsealed(name, stored).toString())));
}
