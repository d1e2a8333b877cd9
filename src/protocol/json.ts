/**
 * Values as JSON text, exactly: what JSON lacks is tagged (`{"$bigint":"1"}`, `$bytes`, `$array`, `$date`, `$map`,
 * `$set`, `$number`, `$ref`), and a record of one key that begins with `$` gets one more. For messages of clients that
 * speak JSON, for events, and for what people and other programs read.
 */
import { HeliosError } from './errors.js';
import { scanJson } from './jsonScan.js';
import { JSON_LIMITS, type MessageLimits } from './limits.js';
import { toTagged, type WriteOptions } from './tagged.js';
import { tooLarge, withinStack } from './tooLarge.js';
import { fromTagged, type ReadOptions } from './untagged.js';

/**
 * @param options `indent`: spaces a level, for people
 * @throws HeliosError `UNSUPPORTED_VALUE` (details: `path`) · `TOO_LARGE`
 */
export function encodeJson(value: unknown, options: WriteOptions & { readonly indent?: number } = {}): string {
  const limits = options.limits ?? JSON_LIMITS;
  const text = withinStack('JSON', () =>
    JSON.stringify(toTagged(value, limits, options.toLink), undefined, options.indent),
  );
  if (text.length <= limits.bytes && Buffer.byteLength(text) <= limits.bytes) return text;
  throw tooLarge('JSON', `more than ${limits.bytes} bytes`);
}

/**
 * @param text JSON as text, or its bytes in UTF-8
 * @throws HeliosError `INVALID_REQUEST` (details: `path` where a tag is wrong) · `TOO_LARGE`
 */
export function decodeJson(
  text: string | Uint8Array,
  options: ReadOptions & { readonly limits?: MessageLimits } = {},
): unknown {
  const limits = options.limits ?? JSON_LIMITS;
  const source = typeof text === 'string' ? text : decodeUtf8(text, limits);
  scanJson(source, limits);
  return withinStack('JSON', () => fromTagged(parse(source), options.fromLink));
}

function decodeUtf8(bytes: Uint8Array, limits: MessageLimits): string {
  if (bytes.length > limits.bytes) throw tooLarge('JSON', `${bytes.length} bytes (at most ${limits.bytes})`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new HeliosError('INVALID_REQUEST', 'The message is not UTF-8; expected JSON in UTF-8.', { cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HeliosError('INVALID_REQUEST', `The message is not JSON: ${reason}.`, { cause: error });
  }
}
