/** `helios watch`: shows what becomes of durable requests, as it happens or from a place on. */
import { type Command, Option } from 'commander';
import type { Client, EventOptions, RequestState } from '../index.js';
import { eventJson, eventText } from './events.js';
import type { Io } from './io.js';
import { type NatsOptions, requireReach, withClient, withNats } from './nats.js';
import { positiveInteger, settle, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { coloursFor } from './screen/colours.js';

interface WatchOptions extends NatsOptions {
  readonly state?: RequestState;
  readonly type?: string;
  readonly id?: string;
  readonly after?: string;
  readonly limit?: number;
  readonly json?: true;
}

const STATES = ['queued', 'restoring', 'materialized', 'failed', 'cancelled', 'expired'] as const;

const EXAMPLES = `
Progress (queued, restoring) is shown while it happens; what became of a request is kept for a day, and each such line
has a cursor, by which --after goes on where another watch ended.

Examples:
  $ helios watch
  $ helios watch --state failed
  $ helios watch --json --after 1042 | jq .object`;

export function addWatch(program: Command, io: Io): void {
  withNats(withCommonOptions(program.command('watch')))
    .description('Show events of durable requests: progress, and what became of them.')
    .addOption(new Option('--state <state>', 'only this state').choices(STATES))
    .option('--type <type>', 'only objects of this type')
    .option('--id <id>', 'only this request')
    .option('--after <cursor>', 'what came after this place, and then what comes')
    .option('--limit <n>', 'end after so many', positiveInteger)
    .option('--json', 'one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(async (options: WatchOptions, command: Command) => {
      const settings = await settle(command, io);
      const reach = requireReach(options, settings, io, 'watch shows events of');
      await withClient(reach, settings, (client) => watch(client, options, io));
    });
}

async function watch(client: Client, options: WatchOptions, io: Io): Promise<void> {
  const out = outputTo(io.stdout);
  const colours = coloursFor(io.stdout, io.env);
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  for await (const event of client.events(eventOptions(options, io.signal))) {
    await out.line(options.json === true ? eventJson(event) : eventText(event, colours));
    await out.flush();
    if (--left <= 0) return;
  }
}

function eventOptions({ state, type, id, after }: WatchOptions, signal: AbortSignal): EventOptions<RequestState> {
  return {
    signal,
    ...(state === undefined ? {} : { state }),
    ...(type === undefined ? {} : { type }),
    ...(id === undefined ? {} : { id }),
    ...(after === undefined ? {} : { after }),
  };
}
