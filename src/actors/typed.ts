/** The type in a request's subject, held against the type in the request itself. */
import { HeliosError } from '../protocol/errors.js';
import { ANY_TYPE, checkTypeName } from '../protocol/index.js';

/**
 * The request with the type that its subject says, where it says none itself.
 * @throws HeliosError `INVALID_REQUEST` when they say two different types
 */
export function typed<R extends { readonly type?: string | undefined }>(request: R, subject: string): R {
  const token = subject.slice(subject.lastIndexOf('.') + 1);
  if (token === ANY_TYPE || token === request.type) return request;
  if (request.type === undefined) return { ...request, type: checkTypeName(token) };
  const text = `The subject says type ${token}, the request ${request.type}. Send it to the subject of its type, or to "${ANY_TYPE}".`;
  throw new HeliosError('INVALID_REQUEST', text, { details: { subject: token, type: request.type } });
}
