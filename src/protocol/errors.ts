/**
 * The one error class of Helios and the list of its codes. Codes are stable and travel over the wire unchanged;
 * a message says what was expected, what came, and what to do. Nothing else in Helios is thrown on purpose at a caller.
 */

/** Every code with whether trying the same thing again may succeed. */
const RETRYABLE = {
  INVALID_REQUEST: false,
  UNKNOWN_TYPE: false,
  UNKNOWN_OBJECT: false,
  UNKNOWN_PATH: false,
  UNSUPPORTED_VALUE: false,
  INVALID_VALUE: false,
  CORRUPT_BLOCK: false,
  MISSING_BLOCK: false,
  NOT_LOCAL: true,
  STALE_REFERENCE: false,
  CONFLICT: true,
  DEADLINE_EXCEEDED: true,
  CANCELLED: false,
  OVERLOADED: true,
  TOO_LARGE: false,
  STORE_FULL: false,
  UNAVAILABLE: true,
  CLOSED: false,
  INTERNAL: false,
} as const;

export type ErrorCode = keyof typeof RETRYABLE;

export const ERROR_CODES: readonly ErrorCode[] = Object.keys(RETRYABLE) as ErrorCode[];

export interface HeliosErrorOptions {
  /** Overrides the code's own default. */
  readonly retryable?: boolean;
  /** Milliseconds after which a retry makes sense. */
  readonly retryAfterMs?: number;
  /** Plain data that a program may read: paths, hashes, names. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class HeliosError extends Error {
  override readonly name = 'HeliosError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  declare readonly retryAfterMs?: number;
  readonly details: Readonly<Record<string, unknown>>;
  declare readonly cause?: unknown;

  constructor(code: ErrorCode, message: string, options: HeliosErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? RETRYABLE[code];
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    this.details = options.details ?? {};
  }

  /** True for a HeliosError (of that code, when one is given), also one from another copy of this package. */
  static is(error: unknown, code?: ErrorCode): error is HeliosError {
    if (!(error instanceof Error) || error.name !== 'HeliosError' || !('code' in error)) return false;
    return code === undefined ? true : error.code === code;
  }

  /** The error itself when it is one of ours, else `INTERNAL` around it: for the edges, where anything may arrive. */
  static from(error: unknown): HeliosError {
    if (HeliosError.is(error)) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new HeliosError('INTERNAL', `Unexpected failure: ${message}`, { cause: error });
  }
}
