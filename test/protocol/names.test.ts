import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeliosError } from '../../src/protocol/errors.js';
import { checkHeadName, checkTypeName, checkWorkerName, didYouMean, nearest } from '../../src/protocol/names.js';
import { hasLoneSurrogate } from '../../src/protocol/text.js';

const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringMatching(message) });

describe('head names', () => {
  it.each(['a', 'agents/7', 'ä ö', '😀', ' ', 'x'.repeat(512), 'é'.repeat(256), '../..'])('may be %j', (name) => {
    expect(checkHeadName(name)).toBe(name);
  });

  it.each<[unknown, RegExp]>([
    ['', /at least one character; got the text ""/],
    ['x'.repeat(513), /at most 512 bytes of UTF-8 \(this one has 513 or more\)/],
    ['é'.repeat(257), /at most 512 bytes of UTF-8 \(this one has 514 or more\)/],
    ['a\nb', /no control characters/],
    ['a\u0000', /no control characters/],
    ['a\u0085', /no control characters/],
    ['\u007f', /no control characters/],
    ['a\ud800', /half of a surrogate pair/],
    ['\udc00\ud800', /half of a surrogate pair/],
    [undefined, /is a text; got undefined/],
    [7, /is a text; got 7/],
  ])('may not be %j', (name, message) => {
    expect(() => checkHeadName(name)).toThrow(invalid(message));
  });

  it('give what came in the details', () => {
    expect(() => checkHeadName('a\tb')).toThrow(expect.objectContaining({ details: { name: 'a\tb' } }));
  });
});

describe('type names', () => {
  it.each(['a', 'agent', 'a-b_c9', `a${'b'.repeat(63)}`])('may be %j', (name) => {
    expect(checkTypeName(name)).toBe(name);
  });

  it.each(['', 'Agent', '9a', '_', 'a b', 'a.b', 'a\n', `a${'b'.repeat(64)}`, null])('may not be %j', (name) => {
    expect(() => checkTypeName(name)).toThrow(invalid(/1 to 64 of a-z, 0-9, _ and -/));
  });
});

describe("workers' names", () => {
  it('are like head names, but shorter', () => {
    expect(checkWorkerName('host.local:42')).toBe('host.local:42');
    expect(() => checkWorkerName('x'.repeat(129))).toThrow(invalid(/at most 128 characters/));
    expect(() => checkWorkerName('')).toThrow(invalid(/at least one character/));
  });
});

describe('the nearest name', () => {
  it.each([
    ['agnets/7', ['tasks/7', 'agents/8', 'agents/7'], 'agents/7'],
    ['agent', ['Agent', 'agents', 'doc'], 'Agent'],
    ['memmory', ['hp', 'memory', 'name'], 'memory'],
    ['ab', ['xy', 'abc'], 'abc'],
    ['agents/7', ['agents/7'], 'agents/7'],
  ])('to %j among %j is %j', (name, candidates, found) => {
    expect(nearest(name, candidates)).toBe(found);
  });

  it.each([
    ['hp', ['xy', 'mana']],
    ['agents/7', ['nothing like it', 'q']],
    ['agents/7', []],
    ['', ['agents/7']],
  ])('to %j is none of %j', (name, candidates) => {
    expect(nearest(name, candidates)).toBeUndefined();
  });

  it('is found with bounded work', () => {
    let asked = 0;
    function* names() {
      for (; ; asked++) yield 'x'.repeat(500);
    }
    expect(nearest('y'.repeat(500), names())).toBeUndefined();
    expect(asked).toBe(1_000);
  });

  it('is at the distance that the textbook gives', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(letters, fc.array(letters, { minLength: 1, maxLength: 6 }), (name, candidates) => {
        const distances = candidates.map((candidate) => textbookDistance(name, candidate));
        const least = Math.min(...distances);
        const close = least <= (name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3)));
        expect(nearest(name, candidates)).toBe(close ? candidates[distances.indexOf(least)] : undefined);
      }),
    );
  });

  it('becomes a question, or nothing', () => {
    expect(didYouMean('agnet', ['agent'])).toBe(' Did you mean "agent"?');
    expect(didYouMean('agnet', ['document'])).toBe('');
  });
});

function textbookDistance(from: string, to: string): number {
  if (from === '' || to === '') return from.length + to.length;
  const rest = textbookDistance(from.slice(1), to.slice(1)) + (from[0] === to[0] ? 0 : 1);
  if (from[0] === to[0]) return rest;
  return Math.min(rest, textbookDistance(from.slice(1), to) + 1, textbookDistance(from, to.slice(1)) + 1);
}

describe('half characters', () => {
  it.each(['\ud800', 'a\udfff', `${'a'.repeat(100)}\ud83d`, '\udc00\ud800', '😀\ud800'])('are found in %j', (text) => {
    expect(hasLoneSurrogate(text)).toBe(true);
  });

  it.each(['', 'a', '\uffff', '\ue000', '😀', 'ä'.repeat(100), '😀'.repeat(50)])('are not found in %j', (text) => {
    expect(hasLoneSurrogate(text)).toBe(false);
  });

  it('is an error of our own class', () => {
    expect(HeliosError.is(catching(() => checkTypeName('A')))).toBe(true);
  });
});

function catching(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
