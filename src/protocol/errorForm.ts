/**
 * A HeliosError as plain data, for messages and events: code, message, whether and when a retry makes sense, details.
 * Its cause and stack stay where it happened.
 */
import { ERROR_CODES, type ErrorCode, HeliosError } from './errors.js';

export interface ErrorForm {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  /** Milliseconds. */
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function toErrorForm({ code, message, retryable, retryAfterMs, details }: ErrorForm): ErrorForm {
  return {
    ...{ code, message, retryable },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(details === undefined || Object.keys(details).length === 0 ? {} : { details }),
  };
}

/** The error that a form tells of; one that is a HeliosError already comes back itself. */
export function fromErrorForm(form: ErrorForm): HeliosError {
  return HeliosError.is(form) ? form : new HeliosError(form.code, form.message, form);
}

export function isErrorForm(value: unknown): value is ErrorForm {
  if (typeof value !== 'object' || value === null) return false;
  if (!('code' in value && 'message' in value && 'retryable' in value)) return false;
  const { code, message, retryable } = value;
  if (!ERROR_CODES.some((known) => known === code) || typeof message !== 'string' || typeof retryable !== 'boolean') {
    return false;
  }
  const isNumber = !('retryAfterMs' in value) || Number.isFinite(value.retryAfterMs);
  return isNumber && (!('details' in value) || isRecord(value.details));
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
