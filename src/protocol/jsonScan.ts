/**
 * Looks over JSON text before it is parsed: how deep it is nested, how wide its arrays and objects are, how many values
 * it holds. Judges nothing else; whether it is JSON at all is for the parser to say.
 */
import type { MessageLimits } from './limits.js';
import { tooLarge } from './tooLarge.js';

/** @throws HeliosError `TOO_LARGE` */
export function scanJson(text: string, limits: MessageLimits): void {
  // A character takes a byte at least, so that text within this bound may still be longer in bytes: callers who have
  // the bytes check those.
  if (text.length > limits.bytes) throw tooLarge('JSON', `${text.length} characters (at most ${limits.bytes} bytes)`);
  const commas: number[] = [0];
  // Every container and every comma stands for one value more.
  let items = 1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) {
      if (commas.length > 1) commas.pop();
    } else if (code === OPEN_BRACKET || code === OPEN_BRACE || code === COMMA) {
      if (++items > limits.items) throw tooLarge('JSON', `more than ${limits.items} values`);
      if (code !== COMMA) {
        if (commas.push(0) - 1 > limits.depth) throw tooLarge('JSON', `nested deeper than ${limits.depth} levels`);
        continue;
      }
      const last = commas.length - 1;
      const count = (commas[last] ?? 0) + 1;
      if (count >= limits.width) throw tooLarge('JSON', `a list or record of more than ${limits.width} entries`);
      commas[last] = count;
    }
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The position of the quote that ends the text beginning at `start`: one with an even number of backslashes before. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}
