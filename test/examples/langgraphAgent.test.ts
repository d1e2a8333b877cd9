/** The example of an agent over HeliosSaver, as a process: it does and prints what its README says, as do the snippets of the guide. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BaseMessage } from '@langchain/core/messages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeliosSaver } from '../../src/adapters/langgraph/index.js';
import { Helios } from '../../src/helios.js';
import { buildIfNeeded } from '../cli/tour/inputs.js';
import { fenced, readDocument, section } from '../docs/markdown.js';
import { projectRoot, startNode } from '../house/clone.js';

const EXAMPLE = join(projectRoot, 'examples', 'langgraph-agent');
const STORE = '.helios-trip';
/** Started together with much else, on a busy machine. */
const PATIENCE_MS = 120_000;

let folder: string;
beforeAll(() => {
  buildIfNeeded();
  folder = mkdtempSync(join(tmpdir(), 'helios-example-'));
}, PATIENCE_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) => startNode([join(EXAMPLE, 'main.mjs'), ...args], folder).ended;

/** Sizes follow the ids, which are new in each run; how many digits they have does not. */
const withoutSizes = (text: string) => text.trim().replace(/ *\d+\.\d kB/g, ' # kB');

/** A fork costs little, what runs in it some more, and most is given back in the end. */
function checkSizes(text: string): void {
  const rows = [...text.matchAll(/^│ trip-.*│ +(\S+) kB │ +(\S+) kB │$/gm)];
  expect(rows).toHaveLength(3);
  for (const [, fork, run] of rows) {
    expect(Number(fork)).toBeGreaterThan(0);
    expect(Number(fork)).toBeLessThan(10);
    expect(Number(run)).toBeGreaterThan(10);
    expect(Number(run)).toBeLessThan(50);
  }
  const [, freed, all] = /freed (\S+) kB of (\S+) kB/.exec(text) ?? [];
  expect(Number(freed)).toBeGreaterThan(Number(all) / 2);
}

describe('the agent of the example', { timeout: PATIENCE_MS }, () => {
  const [promised = '', promisedNext = ''] = fenced(readDocument('examples/langgraph-agent/README.md'), 'text');

  it('says that there is nothing to go on with before it has run', async () => {
    const { code, stdout, stderr } = await run('nothing', '--continue');
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('There is no trip in nothing yet')]);
  });

  it('prints what its README says, with sizes that are in reason, and again when it is run again', async () => {
    for (let time = 1; time <= 2; time++) {
      const { code, stdout, stderr } = await run();
      expect(stderr).toBe('');
      expect(withoutSizes(stdout)).toBe(withoutSizes(promised));
      expect(code).toBe(0);
      checkSizes(stdout);
    }
  });

  it('leaves the branch that was best, merged out of two, in a sound store', async () => {
    const helios = await Helios.open({ store: join(folder, STORE) });
    const names: string[] = [];
    for await (const { name } of helios.list()) names.push(name);
    const tuple = await new HeliosSaver(helios).getTuple({ configurable: { thread_id: 'trip' } });
    const { plan, facts, offer, messages } = tuple?.checkpoint.channel_values ?? {};
    const findings = [];
    for await (const finding of helios.verify()) findings.push(finding);
    await helios.close();
    expect(names).toEqual(['langgraph/trip']);
    expect({ plan, facts, offer }).toEqual({
      plan: { hotel: 'central' },
      facts: { discount: { code: 'SUMMIT', hotel: 'central', percent: 25 } },
      offer: { travel: 'night-flight', hotel: 'central', nights: 3, code: 'SUMMIT', total: 332 },
    });
    expect((messages as BaseMessage[]).map(({ type }) => type)).toEqual([
      'human',
      'ai',
      'tool',
      'tool',
      'ai',
      'tool',
      'ai',
    ]);
    expect(findings).toEqual([]);
  });

  it('goes on in another process with what was kept', async () => {
    const { code, stdout, stderr } = await run('--continue');
    expect([code, stderr, stdout.trim()]).toEqual([0, '', promisedNext.trim()]);
  });
});

it('the snippets of the guide on forks and merging print what they say', { timeout: PATIENCE_MS }, async () => {
  const guide = readDocument('docs/langgraph.md');
  const snippets = ['Time travel and copies', 'Merging two what-ifs'].flatMap((title) =>
    fenced(section(guide, title), 'js'),
  );
  expect(snippets).toHaveLength(2);
  const from = (path: string) => JSON.stringify(pathToFileURL(join(projectRoot, path)).href);
  const before = `
    import { HeliosSaver } from ${from('dist/adapters/langgraph/index.js')};
    import { tripAgent } from ${from('examples/langgraph-agent/graph.mjs')};
    import { ScriptedModel } from ${from('examples/langgraph-agent/model.mjs')};
    const checkpointer = new HeliosSaver({ store: './guide' });
    const graph = tripAgent(new ScriptedModel(), checkpointer);
    await graph.invoke({ messages: 'To Vienna, please.' }, { configurable: { thread_id: 'trip' } });
  `;
  writeFileSync(join(folder, 'guide.mjs'), [before, ...snippets, 'await checkpointer.end();'].join('\n'));
  const promised = [...snippets.join('\n').matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text = '']) => text);
  const { code, stdout, stderr } = await startNode(['guide.mjs'], folder).ended;
  expect(stderr).toBe('');
  expect(stdout.replace(/\s+/g, ' ').trim()).toBe(promised.join(' '));
  expect(code).toBe(0);
});
