/**
 * Text from a store made safe for a terminal: control characters, which could move the cursor or rewrite what is shown,
 * appear as escapes.
 */

// Control characters, and the marks that reorder or hide text on its way to the eye.
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

export function printable(text: string, options: { readonly keepLines?: boolean } = {}): string {
  return text.replace(UNSAFE, (character) => {
    if (character === '\n') return options.keepLines === true ? character : '\\n';
    if (character === '\t') return '\\t';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
