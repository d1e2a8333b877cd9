/**
 * One run of the `helios` command, from its arguments to its exit code. It ends no process and touches no global of it,
 * so a program or a test can call it as often as it likes.
 */
import { Command, CommanderError } from 'commander';
import { addBranch } from './branch.js';
import { addDead } from './dead.js';
import { addDiff } from './diff.js';
import { EXIT, exitCodeFor } from './exit.js';
import { addExport } from './export.js';
import { addGc } from './gc.js';
import { addImport } from './import.js';
import { addInspect } from './inspect.js';
import type { Io, Screen } from './io.js';
import { addLog } from './log.js';
import { addLs } from './ls.js';
import { addMaterialize } from './materialize.js';
import { withCommonOptions } from './options.js';
import { packageVersion } from './packageVersion.js';
import { addStats } from './stats.js';
import { addSubmit } from './submit.js';
import { addTour } from './tour.js';
import { addUp } from './up.js';
import { addVerify } from './verify.js';
import { addWatch } from './watch.js';
import { addWorker } from './worker.js';

const EXAMPLES = `
Examples:
  $ helios import ./agents                  every .json file below ./agents, named by its path
  $ helios ls                               what there is
  $ helios materialize 7 --path memory[0]   a part of one object
  $ helios diff 7                           what the last save changed
  $ helios tour                             see it work, on a small sample
  $ helios up --dev                         supervisor and workers, with a nats-server of their own

Exit codes: 0 ok · 1 failed, with CODE: message on stderr · 2 bad usage · 130 after Ctrl-C`;

/**
 * @param argv what stands after the command's name
 * @returns the exit code; everything has been written by then, and the store is closed
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const program = programFor(io);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return io.signal.aborted ? exitCodeFor(undefined, io) : EXIT.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) return exitCodeFor(error, io);
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

function programFor(io: Io): Command {
  const program = withCommonOptions(new Command('helios'))
    .description('Very large populations of stateful objects: stored once, branched in O(1), materialized when needed.')
    .version(packageVersion(), '-V, --version')
    .addHelpText('after', EXAMPLES)
    .enablePositionalOptions() // so that a command may have a --version of its own
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => widthOf(io.stdout),
      getErrHelpWidth: () => widthOf(io.stderr),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride();
  const objects = [addImport, addExport, addMaterialize, addLs, addLog, addDiff, addBranch];
  const stores = [addStats, addGc, addVerify, addTour];
  const overNats = [addUp, addWorker, addSubmit, addWatch, addDead, addInspect];
  for (const add of [...objects, ...stores, ...overNats]) add(program, io);
  return program;
}

function widthOf(screen: Screen): number {
  return (screen.isTTY === true ? screen.columns : undefined) ?? 100;
}
