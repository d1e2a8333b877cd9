/** `helios branch`: a new name for a state that another one has; no block is copied. */
import type { Command } from 'commander';
import type { Helios } from '../index.js';
import type { Io } from './io.js';
import { jsonText } from './jsonText.js';
import { versionJson } from './ls.js';
import { withStore } from './openStore.js';
import { positiveInteger, settle, share, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { printable } from './screen/printable.js';

interface BranchOptions {
  readonly weight?: number;
  readonly version?: number;
  readonly message?: string;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ helios branch agents/7 agents/7-bold --weight 0.2
  $ helios branch plan plan-b --version 3 --message 'from before the storm'
  $ helios diff plan plan-b`;

export function addBranch(program: Command, io: Io): void {
  withCommonOptions(program.command('branch'))
    .description('Give a state another name, from which it goes on by itself. Takes no room.')
    .argument('<name>', 'name of the object')
    .argument('<new>', 'the new name, which must not be there')
    .option('--version <n>', 'from this version on (default: the newest)', positiveInteger)
    .option('--weight <share>', 'how likely the branch is, 0 to 1 (default: as the other)', share)
    .option('--message <text>', 'a word about it, shown by helios log')
    .option('--json', 'the new version as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, to: string, options: BranchOptions, command: Command) => {
      const settings = await settle(command, io);
      await withStore(settings, 'read', (helios) => branch(helios, name, to, options, io));
    });
}

async function branch(helios: Helios, name: string, to: string, options: BranchOptions, io: Io): Promise<void> {
  const { version, weight, message, json } = options;
  const from = await helios.load(name, version === undefined ? {} : { version });
  const made = await from.branch(weight === undefined ? {} : { weight }).save(to, {
    expect: 'absent',
    ...(message === undefined ? {} : { message }),
  });
  const out = outputTo(io.stdout);
  await out.line(
    json === true
      ? jsonText(versionJson(made))
      : `${printable(to)} is version ${from.base?.version} of ${printable(name)}, weight ${made.weight}`,
  );
  await out.flush();
}
