/** `helios verify`: reads every block that a name holds, and says which are damaged or missing and what that breaks. */
import type { Command } from 'commander';
import type { Helios } from '../index.js';
import { EXIT, Exit } from './exit.js';
import type { Io } from './io.js';
import { withStore } from './openStore.js';
import { settle, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { coloursFor } from './screen/colours.js';
import { printable } from './screen/printable.js';
import { progressOn } from './screen/progress.js';
import { countText } from './screen/units.js';

const EXAMPLES = `
Exit code 1 when something is wrong.

Examples:
  $ helios verify
  $ helios verify --json | jq -r '.heldBy[]'`;

/** Versions that one line names for a person. */
const NAMED_MAX = 5;

export function addVerify(program: Command, io: Io): void {
  withCommonOptions(program.command('verify'))
    .description('Check every block that a name holds, and name what damaged or missing ones break.')
    .option('--json', 'one JSON object a line for each finding')
    .addHelpText('after', EXAMPLES)
    .action(async (options: { readonly json?: true }, command: Command) => {
      const settings = await settle(command, io);
      await withStore(settings, 'read', (helios) => verify(helios, options.json === true, io));
    });
}

async function verify(helios: Helios, asJson: boolean, io: Io): Promise<void> {
  const out = outputTo(io.stdout);
  const { red } = coloursFor(io.stdout, io.env);
  const total = helios.stats().store.blocks;
  const progress = progressOn(io, { label: 'verify', counted: 'blocks', total, unit: 'pieces' });
  let found = 0;
  let looked = 0;
  try {
    const onProgress = (blocks: number) => {
      looked = blocks;
      progress.at(blocks, blocks);
    };
    for await (const finding of helios.verify({ signal: io.signal, onProgress })) {
      found++;
      progress.end();
      const { hash, problem, what, heldBy } = finding;
      if (asJson) await out.line(JSON.stringify(finding));
      else {
        const named = heldBy.slice(0, NAMED_MAX).map((name) => printable(name));
        const more = heldBy.length > NAMED_MAX ? ` and ${heldBy.length - NAMED_MAX} more` : '';
        const where = what === 'head' ? 'what is said of a name or version' : hash;
        await out.line(`${red(problem)} ${where}${named.length === 0 ? '' : `  breaks ${named.join(', ')}`}${more}`);
      }
    }
  } finally {
    progress.end();
  }
  if (!asJson && found === 0) await out.line(`All is well: ${countText(Math.max(looked, total))} blocks.`);
  await out.flush();
  if (found > 0) throw new Exit(EXIT.failed);
}
