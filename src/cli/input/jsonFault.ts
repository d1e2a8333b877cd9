/**
 * Says where a text stops being JSON and what was expected there. The engine's own messages leave the place out as often
 * as not, so this reads the text once more, only after `JSON.parse` has refused it. It builds no value.
 */

export interface JsonFault {
  /** Index of the first character that can't be there; the text's length when it ends too early. */
  readonly offset: number;
  /** For a sentence: `a value`, `"," or "}"`. */
  readonly expected: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NUMBER_BEGUN = /-?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][+-]?)?/y;
const WORDS = ['true', 'false', 'null'] as const;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SPACE = /[ \t\n\r]*/y;

/** @returns undefined when the text is JSON after all */
export function findJsonFault(text: string): JsonFault | undefined {
  try {
    return new Scan(text).document();
  } catch (fault) {
    if (fault instanceof Fault) return { offset: fault.offset, expected: fault.expected };
    throw fault;
  }
}

class Fault extends Error {
  constructor(
    readonly offset: number,
    readonly expected: string,
  ) {
    super(expected);
  }
}

/** One reading of a text. Keeps its own stack, so that depth is bounded by the text alone. */
class Scan {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): undefined {
    const open: ('{' | '[')[] = [];
    for (;;) {
      // Here a value begins.
      const opened = this.valueOrOpening(open.length === 0 ? 'an object or an array' : 'a value');
      if (opened !== undefined && !this.takeAfterSpace(opened === '{' ? '}' : ']')) {
        open.push(opened);
        if (opened === '{') this.key('a key in double quotes or "}"');
        continue;
      }
      // Here a value has ended.
      let inside = open.at(-1);
      while (inside !== undefined && !this.takeAfterSpace(',')) {
        if (!this.takeAfterSpace(inside === '{' ? '}' : ']')) this.fail(inside === '{' ? '"," or "}"' : '"," or "]"');
        open.pop();
        inside = open.at(-1);
      }
      if (inside === undefined) return this.end();
      if (inside === '{') this.key('a key in double quotes');
    }
  }

  private valueOrOpening(expected: string): '{' | '[' | undefined {
    this.space();
    const first = this.text[this.at];
    if (first === '{' || first === '[') {
      this.at++;
      return first;
    }
    if (first === '"') this.string();
    else if (first !== undefined && /[-\d]/.test(first)) this.number();
    else this.word(expected);
    return undefined;
  }

  private key(expected: string): void {
    this.space();
    if (this.text[this.at] !== '"') this.fail(expected);
    this.string();
    if (!this.takeAfterSpace(':')) this.fail('":"');
  }

  private string(): void {
    for (this.at++; this.text[this.at] !== '"'; ) {
      const code = this.text.charCodeAt(this.at);
      if (Number.isNaN(code)) this.fail('the end of a text (")');
      if (code < 0x20) this.fail('a control character to be escaped');
      if (code !== 0x5c) this.at++;
      else if (!this.match(ESCAPE)) this.fail('an escape that JSON knows');
    }
    this.at++;
  }

  private number(): void {
    const start = this.at;
    const isWhole = this.match(NUMBER);
    const end = this.at;
    this.at = start;
    this.match(NUMBER_BEGUN);
    // `1.` and `1e` are numbers that stop short; `1.5` is begun no further than it is whole.
    if (!isWhole || this.at > end) this.fail('a digit');
    this.at = end;
    if (/[\w.]/.test(this.text[end] ?? '')) this.fail('the end of a number');
  }

  private word(expected: string): void {
    const word = WORDS.find((one) => this.text.startsWith(one, this.at));
    if (word === undefined) this.fail(expected);
    else this.at += word.length;
  }

  private end(): undefined {
    this.space();
    if (this.at < this.text.length) this.fail('the end');
  }

  private takeAfterSpace(character: string): boolean {
    this.space();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private space(): void {
    this.match(SPACE);
  }

  private match(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const isFound = pattern.test(this.text);
    if (isFound) this.at = pattern.lastIndex;
    return isFound;
  }

  private fail(expected: string): never {
    throw new Fault(this.at, expected);
  }
}
