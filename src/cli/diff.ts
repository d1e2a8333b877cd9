/** `helios diff`: what must change in one state to make it another. */
import type { Command } from 'commander';
import { checkpointOf, isThread, readable, threadTarget } from '../adapters/langgraph/readable.js';
import type { Change, Helios } from '../index.js';
import { HeliosError } from '../protocol/errors.js';
import { formatPath } from '../protocol/paths.js';
import { EXIT, Exit } from './exit.js';
import type { Io } from './io.js';
import { jsonText } from './jsonText.js';
import { withStore } from './openStore.js';
import { settle, withCommonOptions } from './options.js';
import { type Output, outputTo } from './output.js';
import { type Colours, coloursFor } from './screen/colours.js';
import { preview } from './screen/preview.js';
import { printable } from './screen/printable.js';
import { countText } from './screen/units.js';
import { type AnyReference, loadTarget, loadVersion, type Opened } from './target.js';

interface DiffOptions {
  readonly type?: string;
  readonly raw?: true;
  readonly exitCode?: true;
  readonly json?: true;
}

interface Compared {
  readonly before: AnyReference;
  readonly after: AnyReference;
}

/** What is shown of a value, where it is not the value itself. */
type Shown = (value: unknown) => unknown;

/** Characters of a value that are shown. */
const SHOWN_LENGTH = 60;

type Counts = Record<Change['kind'], number>;

const EXAMPLES = `
What is compared is \`name\`, \`name@version\`, or a root (64 hex digits) with --type.
In a list, the index of what was removed is one of the list before; other indexes are of the list after.

Examples:
  $ helios diff agents/7                    what its last save changed
  $ helios diff agents/7@3 agents/7         since its version 3
  $ helios diff agents/7 agents/8
  $ helios diff agents/7@1 agents/7 --json | jq -c .path
  $ helios diff a b --exit-code > /dev/null && echo the same

Threads of LangGraph are compared checkpoint by checkpoint, channel by channel: of each the newest,
or \`langgraph/<thread>@<checkpoint id>\`.
  $ helios diff langgraph/my-thread         what its last step changed
  $ helios diff langgraph/a langgraph/b
  $ helios diff langgraph/my-thread --raw   as it is stored`;

export function addDiff(program: Command, io: Io): void {
  withCommonOptions(program.command('diff'))
    .description('Show what differs between two states: versions of one object, or two objects.')
    .argument('<a>', 'the state before; alone: its latest version, compared with the one before that')
    .argument('[b]', 'the state after')
    .option('--type <type>', 'type of the states that are given as roots')
    .option('--exit-code', 'end with 1 when they differ')
    .option('--raw', 'threads of LangGraph as they are stored')
    .option('--json', 'one JSON object a line for each change, with whole values')
    .addHelpText('after', EXAMPLES)
    .action(async (a: string, b: string | undefined, options: DiffOptions, command: Command) => {
      const settings = await settle(command, io);
      const isSame = await withStore(settings, 'read', async (helios, runtime) => {
        const opened = { helios, runtime };
        const compared = b === undefined ? await lastSave(helios, a) : await both(opened, a, b, options.type);
        const isOfThreads = options.raw !== true && isThread(compared.before) && isThread(compared.after);
        if (!isOfThreads) return write(compared, options, io, (value) => value);
        const checkpoint = (thread: AnyReference, text = '') =>
          checkpointOf(helios, thread, threadTarget(text)?.checkpoint);
        const [before, after] = [checkpoint(compared.before, a), checkpoint(compared.after, b)];
        return write({ before, after }, options, io, readable);
      });
      if (!isSame && options.exitCode === true) throw new Exit(EXIT.failed);
    });
}

async function both(opened: Opened, a: string, b: string, type: string | undefined): Promise<Compared> {
  return { before: await loaded(opened, a, type), after: await loaded(opened, b, type) };
}

/** Of a checkpoint, its thread. */
async function loaded(opened: Opened, text: string, type: string | undefined): Promise<AnyReference> {
  const target = threadTarget(text);
  const found = target === undefined ? null : await opened.helios.find(target.name);
  return found ?? loadTarget(opened, text, type);
}

async function lastSave(helios: Helios, name: string): Promise<Compared> {
  const after = await helios.load(name);
  const version = after.base?.version ?? 1;
  for await (const older of helios.history(name)) {
    if (older.version < version) return { before: await loadVersion(helios, name, older.version), after };
  }
  throw new HeliosError('INVALID_REQUEST', `"${name}" has one version only. Name a second state to compare it with.`, {
    details: { name },
  });
}

/** @returns whether they are the same */
async function write({ before, after }: Compared, options: DiffOptions, io: Io, shown: Shown): Promise<boolean> {
  const out = outputTo(io.stdout);
  const colours = coloursFor(io.stdout, io.env);
  const counts: Counts = { add: 0, remove: 0, change: 0 };
  for (const change of before.diff(after)) {
    io.signal.throwIfAborted();
    counts[change.kind]++;
    await out.line(options.json === true ? changeJson(change, shown) : changeText(change, colours, shown));
  }
  if (options.json !== true) await writeSummary(out, counts, colours);
  await out.flush();
  return before.root === after.root;
}

function changeJson({ kind, path, before, after }: Change, shown: Shown): string {
  const text = pathText(path);
  return jsonText({
    ...{ kind, path, text },
    ...(kind === 'add' ? {} : { before: shown(before) }),
    ...(kind === 'remove' ? {} : { after: shown(after) }),
  });
}

function changeText({ kind, path, before, after }: Change, colours: Colours, shown: Shown): string {
  const place = printable(pathText(path) || '(the whole value)');
  const was = () => colours.red(preview(shown(before), SHOWN_LENGTH));
  const is = () => colours.green(preview(shown(after), SHOWN_LENGTH));
  switch (kind) {
    case 'add':
      return `${colours.green('+')} ${place}  ${is()}`;
    case 'remove':
      return `${colours.red('-')} ${place}  ${was()}`;
    case 'change':
      return `${colours.yellow('~')} ${place}  ${was()} → ${is()}`;
  }
}

function pathText(path: Change['path']): string {
  return formatPath(path.map((key) => ({ kind: 'key', key })));
}

async function writeSummary(out: Output, { add, remove, change }: Counts, colours: Colours): Promise<void> {
  const isSame = add + remove + change === 0;
  const said = isSame
    ? 'No difference.'
    : `${countText(change)} changed, ${countText(add)} added, ${countText(remove)} removed.`;
  await out.line(colours.dim(said));
}
