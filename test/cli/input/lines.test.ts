import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../src/cli/input/lines.js';

async function* cutInto(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  // One buffer that is filled again and again, as streams may do it.
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

async function collect(chunks: AsyncIterable<unknown>, bytesMax?: number): Promise<[number, string][]> {
  const lines: [number, string][] = [];
  for await (const { number, bytes } of linesOf(chunks, 'file', bytesMax)) lines.push([number, bytes.toString()]);
  return lines;
}

async function* chunks(...all: unknown[]): AsyncGenerator<unknown> {
  yield* all;
}

describe('linesOf', () => {
  it('gives the same lines whatever the cut', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'é', '\n', '\r\n', '\r', '漢'), { maxLength: 60 })
      .map((all) => all.join(''));
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (written, size) => {
        const expected = written.split('\n').map((line, index) => [index + 1, line.replace(/\r$/, '')]);
        if (written === '' || written.endsWith('\n')) expected.pop();
        expect(await collect(cutInto(Buffer.from(written), size))).toEqual(expected);
      }),
    );
  });

  it('takes texts and plain byte arrays as well', async () => {
    const lines = await collect(chunks('a\nb', new Uint8Array([99, 10]), 'd'));
    expect(lines).toEqual([
      [1, 'a'],
      [2, 'bc'],
      [3, 'd'],
    ]);
  });

  it('refuses a stream of anything else', async () => {
    await expect(collect(chunks({}))).rejects.toThrow(TypeError);
  });

  it.each([['1234\n12345\n'], ['1234\n12345'], ['1234\n1234567\n1\n']])(
    'refuses a line that is too long, with its number: %j',
    async (text) => {
      for (const size of [1, 3, 100]) {
        await expect(collect(cutInto(Buffer.from(text), size), 4)).rejects.toMatchObject({
          code: 'TOO_LARGE',
          details: { line: 2 },
          message: expect.stringMatching(/^file:2: the line is longer than 4 bytes\./),
        });
      }
    },
  );
});
