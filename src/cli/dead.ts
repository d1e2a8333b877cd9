/** `helios dead`: durable requests that were given up because workers died of them: look at them, retry or drop them. */
import type { Command } from 'commander';
import type { Cluster } from '../cluster.js';
import { HeliosError } from '../protocol/errors.js';
import type { DeadMessage } from '../protocol/index.js';
import type { Io } from './io.js';
import { jsonText } from './jsonText.js';
import { type NatsOptions, requireReach, withNats } from './nats.js';
import { settle, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { coloursFor } from './screen/colours.js';
import { writeColumns } from './screen/columns.js';
import { printable } from './screen/printable.js';

interface DeadOptions extends NatsOptions {
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ helios dead ls
  $ helios dead show 01JD8X…
  $ helios dead retry 01JD8X…                asks again, under a new id
  $ helios dead drop 01JD8X…`;

export function addDead(program: Command, io: Io): void {
  const dead = program
    .command('dead')
    .description('Durable requests that were given up because worker after worker died of them.')
    .addHelpText('after', EXAMPLES);
  const add = (
    name: string,
    text: string,
    act: (cluster: Cluster, id: string, options: DeadOptions, io: Io) => Promise<void>,
    hasId: boolean,
  ) => {
    const command = withNats(withCommonOptions(dead.command(name)))
      .description(text)
      .option('--json', 'print JSON');
    if (hasId) command.argument('<id>', 'id of the request');
    command.action(async (...args: unknown[]) => {
      const id = hasId ? String(args[0]) : '';
      const options: DeadOptions = command.opts();
      const settings = await settle(command, io);
      const reach = requireReach(options, settings, io, 'dead looks into the requests of');
      const { joinCluster } = await import('../cluster.js');
      const cluster = await joinCluster({ ...reach, logger: settings.logger });
      try {
        await act(cluster, id, options, io);
      } finally {
        await cluster.close();
      }
    });
  };
  add('ls', 'List them, oldest first.', list, false);
  add('show', 'Show one with its reason and the request.', show, true);
  add('retry', 'Ask again for what it asked for, under a new id, and forget this one.', retry, true);
  add('drop', 'Forget one.', drop, true);
}

async function list({ journal }: Cluster, _id: string, options: DeadOptions, io: Io): Promise<void> {
  const out = outputTo(io.stdout);
  const letters = journal.dead.list();
  if (options.json === true) {
    for await (const letter of letters) await out.line(jsonText(letter));
  } else {
    const rows = async function* () {
      for await (const { id, at, object, reason, workers } of letters) {
        yield [id, at, printable(object), reason, workers.map((worker) => printable(worker)).join(', ')];
      }
    };
    const columns = [
      { title: 'ID' },
      { title: 'TIME' },
      { title: 'OBJECT' },
      { title: 'REASON' },
      { title: 'WORKERS' },
    ];
    await writeColumns(out, columns, rows(), coloursFor(io.stdout, io.env).bold);
  }
  await out.flush();
}

async function show({ journal }: Cluster, id: string, _options: DeadOptions, io: Io): Promise<void> {
  const out = outputTo(io.stdout);
  await out.line(jsonText(await find(journal, id), 2));
  await out.flush();
}

async function retry(cluster: Cluster, id: string, options: DeadOptions, io: Io): Promise<void> {
  const { journal, nextId } = cluster;
  const letter = await find(journal, id);
  // Without its key, which would lead to the outcome that there is.
  const { idempotencyKey: _, ...request } = recordOf(letter.request);
  const newId = nextId();
  await journal.requests.submit(letter.lane, letter.type === '_' ? undefined : letter.type, { ...request, id: newId });
  await journal.dead.remove(id);
  const out = outputTo(io.stdout);
  await out.line(options.json === true ? jsonText({ id: newId, was: id }) : newId);
  await out.flush();
}

async function drop({ journal }: Cluster, id: string, options: DeadOptions, io: Io): Promise<void> {
  if (!(await journal.dead.remove(id))) throw unknown(id);
  const out = outputTo(io.stdout);
  await out.line(options.json === true ? jsonText({ id }) : `dropped ${id}`);
  await out.flush();
}

async function find(journal: Cluster['journal'], id: string): Promise<DeadMessage> {
  const letter = await journal.dead.get(id);
  if (letter === undefined) throw unknown(id);
  return letter;
}

function recordOf(request: unknown): Record<string, unknown> {
  return typeof request === 'object' && request !== null ? { ...request } : {};
}

function unknown(id: string): HeliosError {
  return new HeliosError('UNKNOWN_OBJECT', `No request ${id} was given up. 'helios dead ls' lists those that were.`, {
    details: { id },
  });
}
