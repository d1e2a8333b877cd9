/**
 * What LMDB and the system throw, as errors that say what to do. Never decides whether to try again.
 */
import { HeliosError } from '../../protocol/errors.js';

/** MDB_MAP_FULL, ENOSPC, EFBIG, EDQUOT: as `lmdb` numbers them. */
const FULL = new Set([-30792, 28, 27, 122]);
/** EIO: also what LMDB makes of a write that the system cut short, which a full disk does. */
const CUT_SHORT = 5;
const READERS_FULL = -30790;
/**
 * MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_INVALID, MDB_CURSOR_FULL, MDB_INCOMPATIBLE, MDB_BAD_VALSIZE; and MDB_BAD_TXN,
 * which comes of all that is read after one of them.
 */
const DAMAGED = new Set([-30797, -30796, -30793, -30787, -30784, -30781, -30782]);

/** Wraps whatever came out of LMDB; errors of ours stay as they are. */
export function storeFault(error: unknown): HeliosError {
  if (HeliosError.is(error)) return error;
  const code = codeOf(error);
  const said = error instanceof Error ? error.message : String(error);
  if (isFull(error)) {
    return new HeliosError(
      'STORE_FULL',
      `The store could not be written: ${said}. Nothing of this change was kept; make room and try again.`,
      { cause: error },
    );
  }
  if (code === CUT_SHORT) {
    return new HeliosError(
      'STORE_FULL',
      `The store could not be written: the system cut a write short (${said}), as it does on a full disk. Nothing of this change was kept; make room, and if there is room, look at the disk.`,
      { cause: error },
    );
  }
  if (code === READERS_FULL) {
    return new HeliosError('UNAVAILABLE', 'Too many processes read this store at once: close some and try again.', {
      cause: error,
    });
  }
  if (code !== undefined && DAMAGED.has(code)) {
    return new HeliosError(
      'CORRUPT_BLOCK',
      `The store's file is damaged: ${said}. Bring it back from a backup, or make a new store and import what was exported.`,
      { cause: error },
    );
  }
  return new HeliosError('INTERNAL', `The store failed: ${said}`, { cause: error });
}

/**
 * The reason why a queued write failed: `lmdb` rejects with an error that holds a promise for the real one.
 */
export async function reasonOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (reason) {
    return reason;
  }
}

/** Whether something could not be written for want of room. */
export function isFull(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && FULL.has(code);
}

/** The number of an LMDB error, or of one of the system, which Node has as a negative `errno`. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'number') return error.code;
  return 'errno' in error && typeof error.errno === 'number' ? -error.errno : undefined;
}
