/**
 * Whether code may be made at run time. Writing and reading records by code made for their keys is quicker (the engine then
 * knows the places of their fields); where a policy forbids it, the same is done in loops.
 */

/** Uses of a key list after which code is made for it. */
export const GENERATE_AFTER = 16;
/** Key lists for which an encoder or a decoder may make code over its life: each takes some kilobytes. */
export const GENERATED_MAX = 2_048;
/** Longer key lists are not worth it. */
export const GENERATED_KEYS_MAX = 64;

export const canGenerate: boolean = (() => {
  try {
    return new Function('return true')() === true;
  } catch {
    return false;
  }
})();
