import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hash as blake3 } from 'blake3';
import { describe, expect, it, vi } from 'vitest';
import { BLAKE3_INPUT_MAX } from '../../src/store/blake3.js';
import { digestOf, hashOf, isHash, verify } from '../../src/store/index.js';

/** The input of BLAKE3's own test vectors. */
function vectorInput(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at % 251);
}

describe('hashOf', () => {
  it.each([
    [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
    [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
    [1023, '10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11'],
    [102_400, 'bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085'],
  ])('of %i bytes is what BLAKE3 says', (length, expected) => {
    expect(hashOf(vectorInput(length))).toBe(expected);
  });

  it('is that of the blake3 package for every length up to three chunks, whatever was hashed before', () => {
    const bytes = vectorInput(3_200);
    for (let length = 0; length <= bytes.length; length++) {
      const input = bytes.subarray(bytes.length - length);
      expect(hashOf(input), `${length} bytes`).toBe(blake3(input).toString('hex'));
    }
  });

  it('is that of the blake3 package around every edge of chunks and blocks, up to where the package takes over', () => {
    const bytes = vectorInput(BLAKE3_INPUT_MAX + 2);
    for (let chunk = 3_072; chunk <= bytes.length + 1_024; chunk += 1_024) {
      for (const length of [chunk - 64, chunk - 1, chunk, chunk + 1, chunk + 64, chunk + 65, BLAKE3_INPUT_MAX + 1]) {
        const input = bytes.subarray(0, length);
        expect(Buffer.from(digestOf(input)).toString('hex'), `${length} bytes`).toBe(blake3(input).toString('hex'));
        verify(hashOf(input), input);
      }
    }
  });

  it('is the same in pieces as in one go, around the size where pieces begin', () => {
    for (const length of [65_536, 1_048_575, 1_048_576, 1_048_577, 2_097_152, 5_000_001]) {
      const bytes = vectorInput(length);
      expect(hashOf(bytes)).toBe(blake3(bytes).toString('hex'));
    }
  });

  it('is the same where the engine has no SIMD', async () => {
    const engine = { ...Reflect.get(globalThis, 'WebAssembly'), validate: () => false };
    vi.stubGlobal('WebAssembly', engine);
    vi.resetModules();
    const { hashOf: hashWithout } = await import('../../src/store/hash.js');
    vi.unstubAllGlobals();
    for (const length of [0, 1, 1_024, 2_000, 70_000]) {
      expect(hashWithout(vectorInput(length))).toBe(hashOf(vectorInput(length)));
    }
  });

  it('takes 64 MB', () => {
    const bytes = new Uint8Array(64 * 1_048_576);
    bytes[bytes.length - 1] = 1;
    expect(hashOf(bytes)).toBe(blake3(bytes).toString('hex'));
  });

  it('hashes the bytes of a view and not the buffer around it', () => {
    const bytes = vectorInput(5_000);
    const around = new Uint8Array(9_000).fill(7);
    around.set(bytes, 1_234);
    expect(hashOf(around.subarray(1_234, 6_234))).toBe(hashOf(bytes));
    expect(hashOf(Buffer.from(bytes))).toBe(hashOf(bytes));
  });

  it('runs on WASM: no native binary of blake3 is there or loaded', () => {
    const folder = dirname(createRequire(import.meta.url).resolve('blake3/package.json'));
    const files = readdirSync(folder, { recursive: true }).map(String);
    expect(files.filter((file) => file.endsWith('.node'))).toEqual([]);
    const module = fileURLToPath(new URL('../../dist/store/hash.js', import.meta.url));
    const script = `
      const { hashOf } = await import(${JSON.stringify(module)});
      hashOf(new Uint8Array(5));
      const { createRequire } = await import('node:module');
      const loaded = Object.keys(createRequire(${JSON.stringify(module)}).cache).filter((file) => file.includes('blake3'));
      const shared = process.report.getReport().sharedObjects.filter((file) => file.endsWith('.node'));
      console.log(JSON.stringify({ loaded, shared }));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    const { loaded, shared } = JSON.parse(output);
    expect(loaded.some((file: string) => file.includes('/dist/wasm/'))).toBe(true);
    expect(loaded.filter((file: string) => file.includes('native'))).toEqual([]);
    expect(shared).toEqual([]);
  });
});

describe('verify', () => {
  it('takes the bytes that the hash is of, and no others', () => {
    const bytes = vectorInput(300);
    const hash = hashOf(bytes);
    verify(hash, bytes);
    const damaged = bytes.slice();
    damaged[299] = 0;
    expect(() => verify(hash, damaged)).toThrow(
      expect.objectContaining({ code: 'CORRUPT_BLOCK', details: { hash, found: hashOf(damaged) } }),
    );
  });
});

describe('isHash', () => {
  it('is true for 64 lower-case hex digits alone', () => {
    const hash = hashOf(new Uint8Array(1));
    expect(isHash(hash)).toBe(true);
    for (const text of ['', hash.slice(1), `${hash}0`, hash.toUpperCase(), `${hash}\n`, 'g'.repeat(64)]) {
      expect(isHash(text)).toBe(false);
    }
  });
});
