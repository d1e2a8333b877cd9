/** `helios tour`: shows what Helios does on a small sample that ships with the package, and checks that it does. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT, Exit } from './exit.js';
import type { Io } from './io.js';
import { coloursFor } from './screen/colours.js';

interface TourOptions {
  readonly store?: string;
  readonly json?: true;
}

const TOUR_STORE = '.helios-tour';

const EXAMPLES = `
The store is made anew at each run and kept for you to look into. Only what an earlier tour made is replaced.
Ends with 0 only when every check held.

Examples:
  $ helios tour
  $ helios tour --store /tmp/tour
  $ helios tour --json | jq .asking`;

export function addTour(program: Command, io: Io): void {
  program
    .command('tour')
    .description(
      'See it work: store, branch, edit and materialize a small sample of real data, with every claim checked.',
    )
    .option('--store <dir>', `directory that the tour makes anew (default: ./${TOUR_STORE})`)
    .option('--json', 'the figures and checks as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (_: unknown, self: Command) => {
      const options: TourOptions = { ...self.parent?.opts(), ...self.opts() };
      const asJson = options.json === true;
      // Said before anything is loaded: who types `tour` shall see at once that it is on its way.
      if (!asJson) {
        const { bold } = coloursFor(io.stdout, io.env);
        io.stdout.write(`${bold('The tour of Helios')} on a small sample of real data, in one process, no server.\n`);
      }
      const { runTour } = await import('./tour/runTour.js');
      const { sampleInput } = await import('./tour/sample.js');
      const storeDir = resolve(io.cwd, options.store ?? TOUR_STORE);
      const command = io.env.npm_command === 'exec' ? 'npx helios' : 'helios';
      const exitCode = await runTour(sampleInput({ storeDir, command }), io, { asJson });
      if (exitCode !== EXIT.ok) throw new Exit(exitCode);
    });
}
