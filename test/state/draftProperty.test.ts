import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeliosError } from '../../src/protocol/errors.js';
import { draftOf, expanded, rootOf } from './drafting.js';
import { runScript, type Step } from './draftScript.js';
import { createForest } from './forest.js';
import { checkKept } from './kept.js';
import { collections, values } from './values.js';

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ choices: fc.array(fc.nat({ max: 10_000 }), { minLength: 12, maxLength: 12 }), value: values }),
  { minLength: 1, maxLength: 6 },
);

function refused(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (HeliosError.is(error, 'UNSUPPORTED_VALUE')) return JSON.stringify([error.details.found, error.details.path]);
    throw error;
  }
}

describe('a recipe', () => {
  it('sees and does what it would see in and do to plain data, edit after edit', () => {
    const forest = createForest();
    fc.assert(
      fc.property(collections, fc.array(steps, { minLength: 1, maxLength: 3 }), (start, edits) => {
        const drafting = draftOf(start, {}, forest);
        for (const edit of edits) {
          const before = drafting.tree;
          const rootBefore = rootOf(before);
          const after = expanded(before, forest);
          const expected = runScript(after, edit);
          const why = refused(() => rootOf(after));
          let seen: unknown;
          const run = () => {
            drafting.edit((draft) => {
              seen = runScript(draft, edit);
            });
          };
          if (why !== undefined) {
            expect(refused(run)).toBeDefined();
            expect(drafting.tree).toBe(before);
            return;
          }
          run();
          deepStrictEqual(seen, expected);
          expect(rootOf(before)).toBe(rootBefore);
          deepStrictEqual(drafting.value, forest.whole(forest.plant(after)));
          const settled = forest.encoder.settled(drafting.tree);
          expect(settled.hash).toBe(rootOf(after));
          checkKept(settled, forest.decoder);
        }
      }),
      { numRuns: 300 },
    );
  }, 120_000);
});
