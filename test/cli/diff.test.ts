import { describe, expect, it } from 'vitest';
import { folderWith, helios, inStore, ndjson, output, save } from './terminal.js';

const BEFORE = { hp: 10, 'a.b': { deep: [1, 2] }, memory: ['fox', 'owl'], gone: true };
const AFTER = { hp: 9, 'a.b': { deep: [1, 3] }, memory: ['fox', 'owl', 'elk'], made: { large: 'x'.repeat(500) } };

async function twoVersions(): Promise<string> {
  const folder = folderWith();
  await save(folder, 'a', BEFORE, AFTER);
  return folder;
}

describe('helios diff', () => {
  it('shows what the last save changed, by path, with before and after, shortened', async () => {
    const lines = (await output(await twoVersions(), 'diff', 'a')).split('\n');
    expect(lines.slice(0, -2).sort()).toEqual([
      `+ made  {large: "${'x'.repeat(50)}…`,
      '+ memory[2]  "elk"',
      '- gone  true',
      '~ ["a.b"].deep[1]  2 → 3',
      '~ hp  10 → 9',
    ]);
    expect(lines.at(-2)).toBe('2 changed, 2 added, 1 removed.');
  });

  it('gives with --json one change a line, with whole values', async () => {
    const changes = await ndjson(await twoVersions(), 'diff', 'a', '--json');
    expect(changes).toHaveLength(5);
    expect(changes).toContainEqual({
      kind: 'change',
      path: ['a.b', 'deep', 1],
      text: '["a.b"].deep[1]',
      before: 2,
      after: 3,
    });
    expect(changes).toContainEqual({ kind: 'add', path: ['made'], text: 'made', after: AFTER.made });
    expect(changes).toContainEqual({ kind: 'remove', path: ['gone'], text: 'gone', before: true });
  });

  it('compares versions, objects and roots with one another', async () => {
    const folder = await twoVersions();
    await save(folder, 'b', BEFORE);
    const roots = (await ndjson(folder, 'log', 'a', '--json')).map((version) => String(Object(version).root));
    const count = async (...argv: string[]) => (await ndjson(folder, 'diff', '--json', ...argv)).length;
    expect(await count('a@1', 'a@2')).toBe(5);
    expect(await count('a', 'b')).toBe(5);
    expect(await count('a@1', 'b')).toBe(0);
    expect(await count(roots[1] ?? '', roots[0] ?? '', '--type', 'record')).toBe(5);
    expect(await count(roots[1] ?? '', 'b', '--type', 'record')).toBe(0);
  });

  it('says that there is no difference', async () => {
    expect(await output(await twoVersions(), 'diff', 'a@1', 'a@1')).toBe('No difference.\n');
  });

  it('ends with 1 where states differ only with --exit-code', async () => {
    const folder = await twoVersions();
    const code = async (...argv: string[]) => (await helios(folder, ['diff', ...argv])).code;
    expect(await code('a@1', 'a@2')).toBe(0);
    expect(await code('a@1', 'a@2', '--exit-code')).toBe(1);
    expect(await code('a@1', 'a@2', '--exit-code', '--json')).toBe(1);
    expect(await code('a@2', 'a@2', '--exit-code')).toBe(0);
  });

  it('shows a change of the whole value as one', async () => {
    const folder = folderWith();
    await inStore(folder, async (opened) => {
      await opened.create('list', [1]).save('list');
      await opened.create('record', { a: 1 }).save('record');
    });
    expect(await output(folder, 'diff', 'list', 'record')).toBe(
      '~ (the whole value)  [1] → {a: 1}\n1 changed, 0 added, 0 removed.\n',
    );
  });

  it('colours what was and what is on a terminal', async () => {
    const { stdout } = await helios(await twoVersions(), ['diff', 'a'], { terminalColumns: 80 });
    expect(stdout).toContain('\u001b[33m~\u001b[39m hp  \u001b[31m10\u001b[39m → \u001b[32m9\u001b[39m');
  });

  it('shows nothing of a value that a terminal would act on', async () => {
    const folder = folderWith();
    await save(folder, 'a', { 'k\u001b[2J': 'was' }, { 'k\u001b[2J': 'is\u001b]0;title\u0007' });
    const shown = await output(folder, 'diff', 'a');
    expect(shown.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(shown).toContain('is\\u001b]0;title\\u0007');
  });

  it('needs a second state for an object that has one version', async () => {
    const folder = folderWith();
    await save(folder, 'a', { n: 1 });
    const { code, stderr } = await helios(folder, ['diff', 'a']);
    expect(code).toBe(1);
    expect(stderr).toBe('INVALID_REQUEST: "a" has one version only. Name a second state to compare it with.\n');
  });

  it('says which of two names there is not, and which was meant', async () => {
    const { code, stderr } = await helios(await twoVersions(), ['diff', 'a', 'b@3']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^UNKNOWN_OBJECT: There is no object named "b"\. Did you mean "a"\?/);
  });
});
