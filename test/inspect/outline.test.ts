import { describe, expect, it } from 'vitest';
import {
  LEFT_OUT,
  NOT_SHOWN,
  OUTLINE_DEPTH_MAX,
  OUTLINE_LENGTH_MAX,
  OUTLINE_TEXT_MAX,
  OUTLINE_WIDTH_MAX,
  outline,
} from '../../src/inspect/outline.js';
import { HeliosError } from '../../src/protocol/errors.js';

describe('an outline', () => {
  it('is plain data as JSON has it', () => {
    const value = {
      ...{ text: 'a', number: 1.5, yes: true, nothing: null, big: 12n, odd: Number.NaN, at: new Date(0) },
      ...{ never: new Date(Number.NaN), bytes: new Uint8Array(3), map: new Map([[1, 2]]), set: new Set([1]) },
      ...{ list: [1, () => 1, undefined], absent: undefined, call: () => 1 },
    };
    expect(outline(value)).toEqual({
      ...{ text: 'a', number: 1.5, yes: true, nothing: null, big: '12n', odd: 'NaN', at: '1970-01-01T00:00:00.000Z' },
      ...{ never: 'Invalid Date', bytes: 'Uint8Array of 3 bytes', map: 'Map of 1', set: 'Set of 1' },
      list: [1, null, null],
    });
  });

  it('tells of errors their code and message alone', () => {
    const error = new HeliosError('UNKNOWN_OBJECT', 'There is none.', {
      details: { secret: 1 },
      cause: new Error('x'),
    });
    expect(outline({ error })).toEqual({
      error: { code: 'UNKNOWN_OBJECT', message: 'There is none.', retryable: false },
    });
  });

  it('never shows the value of a result, wherever it stands and whatever it is', () => {
    const result = { value: { secret: 1 }, root: 'r', worker: 'w', attempt: 1, other: 'secret' };
    const shown = { value: NOT_SHOWN, root: 'r', worker: 'w', attempt: 1 };
    expect(outline({ context: { result }, event: { type: 'RESTORED', result } })).toEqual({
      context: { result: shown },
      event: { type: 'RESTORED', result: shown },
    });
    expect(outline({ result: 'secret' })).toEqual({ result: NOT_SHOWN });
    expect(outline({ result: null })).toEqual({ result: null });
  });

  it('is bounded in depth, width, texts and size', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 50; level++) deep = { deep };
    expect(JSON.stringify(outline(deep)).length).toBeLessThan(OUTLINE_DEPTH_MAX * 12);
    const wide = outline(Object.fromEntries(Array.from({ length: 100 }, (_, key) => [`k${key}`, key])));
    expect(Object.keys(Object(wide))).toHaveLength(OUTLINE_WIDTH_MAX + 1);
    expect(Reflect.get(Object(wide), LEFT_OUT)).toBe(`${100 - OUTLINE_WIDTH_MAX} more`);
    expect(outline(Array(100).fill(0))).toHaveLength(OUTLINE_WIDTH_MAX + 1);
    expect(outline('x'.repeat(9_999))).toHaveLength(OUTLINE_TEXT_MAX + LEFT_OUT.length);
    const text = 'y'.repeat(200);
    const big = Array.from({ length: 30 }, () => Array.from({ length: 30 }, () => ({ text, more: [text] })));
    expect(JSON.stringify(outline(big)).length).toBeLessThan(OUTLINE_LENGTH_MAX * 1.5);
    expect(JSON.stringify(outline(big, 400)).length).toBeLessThan(900);
  });

  it('takes a key of any name for a key', () => {
    const value = JSON.parse('{"__proto__":{"a":1}}');
    expect(JSON.stringify(outline(value))).toBe('{"__proto__":{"a":1}}');
  });

  it('ends at what refers to itself', () => {
    const circle: Record<string, unknown> = {};
    circle.circle = circle;
    expect(JSON.stringify(outline(circle))).toContain(LEFT_OUT);
  });
});
