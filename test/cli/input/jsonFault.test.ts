import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonFault } from '../../../src/cli/input/jsonFault.js';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON text with one character put in, taken out or replaced. */
const damaged = fc
  .tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]",:\\ tfn01-+.eE\u0001\nu', ''), fc.boolean())
  .map(([text, at, character, replaces]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + character + text.slice(place + (replaces ? 1 : 0));
  });

describe('findJsonFault', () => {
  it('finds a fault exactly where the engine finds one', () => {
    fc.assert(
      fc.property(damaged, (text) => {
        expect(findJsonFault(text) === undefined).toBe(parses(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('places the fault at the end where a text ends too early', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        const cut = text.slice(0, at % text.length);
        // Half a word, number or escape is wrong where it stands.
        if (parses(cut) || /[a-z0-9.+\\-]$/.test(cut)) return;
        expect(findJsonFault(cut)?.offset).toBe(cut.length);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['', 0, 'an object or an array'],
    ['nul', 0, 'an object or an array'],
    ['{"a":1,}', 7, 'a key in double quotes'],
    ["{'a':1}", 1, 'a key in double quotes or "}"'],
    ['{"a" 1}', 5, '":"'],
    ['{"a":}', 5, 'a value'],
    ['[1,]', 3, 'a value'],
    ['[1 2]', 3, '"," or "]"'],
    ['{"a":1 "b":2}', 7, '"," or "}"'],
    ['[1}', 2, '"," or "]"'],
    ['[] x', 3, 'the end'],
    ['["a\nb"]', 3, 'a control character to be escaped'],
    ['["a\\x"]', 3, 'an escape that JSON knows'],
    ['["\\u12"]', 2, 'an escape that JSON knows'],
    ['["a', 3, 'the end of a text (")'],
    ['[01]', 2, 'the end of a number'],
    ['[1.]', 3, 'a digit'],
    ['[-]', 2, 'a digit'],
    ['[1e+]', 4, 'a digit'],
    ['[1.5.2]', 4, 'the end of a number'],
    ['[NaN]', 1, 'a value'],
  ])('says of %j that at %i it expected %s', (text, offset, expected) => {
    expect(findJsonFault(text)).toEqual({ offset, expected });
  });

  it('reads any depth', () => {
    expect(findJsonFault('['.repeat(200_000))).toEqual({ offset: 200_000, expected: 'a value' });
  });
});
