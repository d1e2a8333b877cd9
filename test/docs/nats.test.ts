import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../house/clone.js';
import { type Served, serve } from '../integration/served.js';
import { readDocument } from './markdown.js';

const guide = readDocument('docs/nats.md');

/** The programs, each with what stands below it as what it prints. */
const programs = [...guide.matchAll(/^```js\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```$/gm)].map(
  ([, program = '', printed = '']) => ({ program, printed, title: titleAbove(program) }),
);

function titleAbove(program: string): string {
  const before = guide.slice(0, guide.indexOf(program));
  return /^#+ (.*)$/.exec(before.split('\n').findLast((line) => line.startsWith('#')) ?? '')?.[1] ?? '';
}

let served: Served;
beforeAll(async () => {
  served = await serve();
}, 120_000);
afterAll(() => served.stop());

describe('the programs of docs/nats.md', () => {
  it('are all that it has, and know nothing of our library', () => {
    expect(programs.length).toBe((guide.match(/^```js$/gm) ?? []).length);
    expect(programs.length).toBeGreaterThan(7);
    for (const { program } of programs) {
      expect([...program.matchAll(/from '(.*)'/g)].map(([, from]) => from)).toEqual(['nats']);
    }
  });

  // One after another: the events of one are read by another one.
  it.each(programs)('prints what it says: $title', async ({ program, printed }) => {
    const { code, stdout, stderr } = await run(program);
    expect(stderr).toBe('');
    expect(stdout).toMatch(patternOf(printed));
    expect(code).toBe(0);
  });
});

/** `…` stands for anything, over several lines where it is all that a line has. */
function patternOf(printed: string): RegExp {
  const quoted = printed.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${quoted.replace(/^ *…\n/gm, '(?:.*\\n)*?').replaceAll('…', '.*')}$`);
}

async function run(program: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    ...{ cwd: projectRoot, env: { PATH: process.env.PATH, NATS_URL: served.nats.url, NO_COLOR: '1' } },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += String(chunk);
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}
