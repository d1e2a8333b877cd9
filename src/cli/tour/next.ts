/** What a reader may type next: commands that work on the store which the tour has left. */
import { relative } from 'node:path';
import { agentName, branchName } from './branching.js';
import type { TourInput } from './tourInput.js';

export interface NextStep {
  readonly args: readonly string[];
  readonly says: string;
}

/** The commands with what each shows; `storeDir` as it is called from `cwd`. */
export function nextSteps(input: TourInput, cwd: string): readonly NextStep[] {
  const { name, places } = input.document;
  const store = ['--store', relative(cwd, input.storeDir) || '.'];
  const place = places.at(-1)?.path;
  return [
    { args: ['ls', `${agentName(0)}/`, '--limit', '5', ...store], says: 'the first branches of an agent' },
    { args: ['log', name, ...store], says: 'its versions, and how much each changed' },
    { args: ['diff', `${name}@1`, `${name}@2`, ...store], says: 'what one release changed' },
    { args: ['diff', agentName(0), branchName(0, 42), ...store], says: 'what one branch did' },
    ...(place === undefined
      ? []
      : [{ args: ['materialize', name, '--path', place, '--timings', ...store], says: 'one place out of all of it' }]),
    { args: ['stats', ...store], says: 'what the store holds' },
  ];
}

export function nextLines(input: TourInput, cwd: string): readonly string[] {
  return nextSteps(input, cwd).flatMap(({ args, says }) => [
    `# ${says}`,
    [input.command, ...args.map(quoted)].join(' '),
  ]);
}

/** As a shell reads it. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
