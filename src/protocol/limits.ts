/**
 * Every limit that callers and messages are held to, named, with its unit and its reason. Limits of the stored format
 * (sizes of nodes and components) belong to the format and are not here. Nothing is computed in this file.
 */

// ── Names ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Bytes of UTF-8 in a head name, at most; at least one. In base64url that is 683 characters, which a subject holds. */
export const MAX_HEAD_NAME_BYTES = 512;

/** A type name: also a token of a subject and a key of `stats().types`, so it is kept plain. */
export const TYPE_NAME_PATTERN = /^[a-z][a-z0-9_-]{0,63}$/;

/** Characters of a worker's name, at most. */
export const MAX_WORKER_NAME_LENGTH = 128;

/** Existing names that an "unknown name" error compares with, at most: an error must stay cheap among a million heads. */
export const MAX_NAMES_COMPARED = 1_000;

/** Characters of each name that are compared, at most (the cost of one comparison is the square of this). */
export const MAX_COMPARED_LENGTH = 128;

// ── Values and paths ────────────────────────────────────────────────────────────────────────────────────────────────

/** How deep a value may be nested: a leaf in a record in a list is at depth 2. */
export const MAX_DEPTH = 1_000;

/** Characters of a path written as text, at most. */
export const MAX_PATH_LENGTH = 65_536;

/** Segments of a path, at most: a value is not deeper. */
export const MAX_PATH_SEGMENTS = MAX_DEPTH;

/** Paths in one request, at most. */
export const MAX_PATHS = 1_000;

/** Places that one path with wildcards may mean, at most: looking for them holds the event loop. */
export const MAX_PLACES = 10_000;

// ── Requests ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Milliseconds that a request waits when the caller names none. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** Milliseconds that a request may ask for, at most: a day, and well below what a timer can count (2^31). */
export const MAX_TIMEOUT_MS = 86_400_000;

/** Milliseconds that a durable request waits for its turn when nobody names another time; also the longest. */
export const DEFAULT_TTL_MS = MAX_TIMEOUT_MS;

/** Characters of an idempotency key, at most: only its hash travels further than the request. */
export const MAX_IDEMPOTENCY_KEY_LENGTH = 1_024;

/** Bytes of JSON that a value in an outcome may take; a larger one is left out, and read by its root. */
export const MAX_OUTCOME_VALUE_BYTES = 262_144;

/** Priorities and urgencies run from 0 to 1; this is the one of a request that names none. */
export const DEFAULT_PRIORITY = 0.5;
export const DEFAULT_URGENCY = 0.5;

/** The weight of what no branch was made of: certain. */
export const DEFAULT_WEIGHT = 1;

/** An id that an asker chooses: a token of subjects. Helios's own are ULIDs. */
export const ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** Characters of a reason or an error message that a message carries, at most. */
export const MAX_REASON_LENGTH = 4_096;

// ── Messages ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a message may hold, checked before it is decoded. */
export interface MessageLimits {
  /** Arrays and maps inside one another, as they are on the wire (a Map takes three: tag, list, pair). */
  readonly depth: number;
  /** Entries of one array or map. */
  readonly width: number;
  /** Values in the whole message, keys not counted: one byte on the wire may be 56 in memory. */
  readonly items: number;
  /** Bytes of the whole message. */
  readonly bytes: number;
}

/** For MessagePack. The depth is what msgpackr's recursion takes with room to spare; deeper values go as blocks. */
export const MESSAGE_LIMITS: MessageLimits = {
  depth: 500,
  width: 262_144,
  items: 1_048_576,
  bytes: 8_388_608,
};

/** For JSON: deep enough for every value of `MAX_DEPTH`, also one made of Maps. */
export const JSON_LIMITS: MessageLimits = { ...MESSAGE_LIMITS, depth: 3 * MAX_DEPTH + 16 };

/** Messages that travel in one, at most. */
export const MAX_BATCH = 32;

/** Bytes of a batch after which the next message begins another one. */
export const MAX_BATCH_BYTES = 262_144;

/** The version of what is said on the wire: processes of different ones don't work together. */
export const WIRE_VERSION = 1;

// ── Bus ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Characters of a subject, at most; NATS takes 4,096 for a whole control line, which may name two. */
export const MAX_SUBJECT_LENGTH = 1_024;

/** Messages that handlers of the embedded bus have published and that wait for their turn, at most. */
export const MAX_QUEUED_MESSAGES = 262_144;

/** Requests of one bus that wait for their answer, at most. */
export const MAX_PENDING_REQUESTS = 65_536;

/** Subjects whose receivers the embedded bus remembers, at most; then it starts over. */
export const MAX_CACHED_ROUTES = 2_048;
