/** Values as the JSON text that commands print: exact, tagged where JSON has no word of its own, of any size. */
import { encodeJson } from '../protocol/json.js';
import { JSON_LIMITS, type MessageLimits } from '../protocol/limits.js';

/** What is printed need fit into no message; how deep it may be nested stays as it is. */
const LIMITS: MessageLimits = { ...JSON_LIMITS, width: Infinity, items: Infinity, bytes: Infinity };

/**
 * @param indent spaces a level; without it the text is one line
 * @throws HeliosError `UNSUPPORTED_VALUE` (details: `path`)
 */
export function jsonText(value: unknown, indent?: number): string {
  return encodeJson(value, { limits: LIMITS, toLink, ...(indent === undefined ? {} : { indent }) });
}

/** Told by its fields, not by its class: this file is used where the library isn't loaded. */
function toLink(value: object): { readonly root: string; readonly type: string } | undefined {
  if (!('root' in value && 'type' in value && 'materialize' in value)) return undefined;
  return { root: String(value.root), type: String(value.type) };
}
