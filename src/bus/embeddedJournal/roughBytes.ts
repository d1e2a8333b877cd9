/** About how much memory a message takes, for bounds: never less than half, and cheap. Changes nothing and keeps nothing. */

const CONTAINER_BYTES = 48;
const ENTRY_BYTES = 16;
const TEXT_BYTES = 24;

/** What isn't plain data, such as a reference, counts as an empty record. Cycles are not for messages. */
export function roughBytes(value: unknown): number {
  if (typeof value === 'string') return TEXT_BYTES + 2 * value.length;
  if (typeof value !== 'object' || value === null) return ENTRY_BYTES;
  if (ArrayBuffer.isView(value)) return CONTAINER_BYTES + value.byteLength;
  let bytes = CONTAINER_BYTES;
  if (value instanceof Map) for (const [key, entry] of value) bytes += roughBytes(key) + roughBytes(entry);
  else if (value instanceof Set || Array.isArray(value)) for (const entry of value) bytes += roughBytes(entry);
  else if (isRecord(value)) for (const key of Object.keys(value)) bytes += ENTRY_BYTES + roughBytes(value[key]);
  return bytes;
}

function isRecord(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
