import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { canGenerate } from '../../src/state/generate.js';
import { projectRoot } from '../house/clone.js';

/** Encodes, decodes and edits like records often enough for code to be made for them, and says their roots. */
const script = (isForbidden: boolean) => `
  // LMDB's own package makes code when it is loaded: what is forbidden is forbidden after that.
  await import('./dist/store/index.js');
  if (${isForbidden}) globalThis.Function = function () { throw new EvalError('forbidden'); };
  const { createEncoder } = await import('./dist/state/encode.js');
  const { Decoder } = await import('./dist/state/decode.js');
  const { canGenerate } = await import('./dist/state/generate.js');
  const encoder = createEncoder();
  const decoder = new Decoder();
  const said = [];
  for (let index = 0; index < 100; index++) {
    const value = { id: index, name: 'ann', tags: ['fox', index / 3], at: { x: index, 'a-b': null, __proto__: null } };
    const part = encoder.value(value);
    const again = decoder.open(part.hash, part.fresh.block).value();
    said.push(part.hash, encoder.value(again).hash);
  }
  console.log(JSON.stringify({ canGenerate, said }));
`;

function run(isForbidden: boolean): { canGenerate: boolean; said: string[] } {
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script(isForbidden)], {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  return JSON.parse(out) as { canGenerate: boolean; said: string[] };
}

describe('code made for key lists', () => {
  it('is made where that is allowed', () => {
    expect(canGenerate).toBe(true);
  });

  it('makes no difference: where it is forbidden, roots and values are the same', () => {
    const allowed = run(false);
    const forbidden = run(true);
    expect([allowed.canGenerate, forbidden.canGenerate]).toEqual([true, false]);
    expect(forbidden.said).toEqual(allowed.said);
  });
});
