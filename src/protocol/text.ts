/**
 * One question about text that JavaScript allows and UTF-8 doesn't: whether it holds half of a surrogate pair. Such
 * text is legal in values and illegal in names; carriers of UTF-8 must wrap it.
 */

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Below this length a loop is quicker than starting the regular expression. */
const SHORT_LENGTH = 24;

export function hasLoneSurrogate(text: string): boolean {
  if (text.length > SHORT_LENGTH) return LONE_SURROGATE.test(text);
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) >= 0xd800) return LONE_SURROGATE.test(text);
  }
  return false;
}
