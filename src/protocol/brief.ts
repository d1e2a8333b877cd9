/**
 * A request as it travels: without what its receiver fills in for itself, and without fields that are not there. Half of
 * what a call takes at each hop is the reading and writing of its fields.
 */
import { DEFAULT_PRIORITY, DEFAULT_TIMEOUT_MS, DEFAULT_URGENCY, DEFAULT_WEIGHT } from './limits.js';
import type { RequestMessage } from './messages.js';

type Brief = { -readonly [Field in keyof RequestMessage]?: RequestMessage[Field] | undefined } & {
  root?: string | undefined;
  schemaVersion?: number | undefined;
};

/** The same request to whoever reads it by its schema. @param known the root that the asker has the value of */
export function brief(request: RequestMessage, known = request.known): object {
  const { id, type, object, root, paths, priority, urgency, weight, timeoutMs, traceparent } = request;
  const written: Brief = { id };
  if (object !== undefined) written.object = object;
  if (type !== undefined) written.type = type;
  if (root !== undefined) {
    written.root = root;
    if (request.schemaVersion !== undefined) written.schemaVersion = request.schemaVersion;
  }
  if (paths !== undefined) written.paths = paths;
  if (known !== undefined) written.known = known;
  if (priority !== DEFAULT_PRIORITY) written.priority = priority;
  if (urgency !== DEFAULT_URGENCY) written.urgency = urgency;
  if (weight !== DEFAULT_WEIGHT) written.weight = weight;
  if (timeoutMs !== DEFAULT_TIMEOUT_MS) written.timeoutMs = timeoutMs;
  if (traceparent !== undefined) written.traceparent = traceparent;
  return written;
}
