/** `helios submit`: asks for an object durably, and may wait for what becomes of it. */
import type { Command } from 'commander';
import type { Client, DurableOptions, Submission } from '../index.js';
import { eventJson, eventText } from './events.js';
import { Exit } from './exit.js';
import type { Io } from './io.js';
import { jsonText } from './jsonText.js';
import { type NatsOptions, requireReach, targetOf, withClient, withNats } from './nats.js';
import { collected, seconds, settle, share, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { coloursFor } from './screen/colours.js';

interface SubmitOptions extends NatsOptions {
  readonly type?: string;
  readonly path?: readonly string[];
  readonly priority?: number;
  readonly urgency?: number;
  readonly key?: string;
  readonly ttl?: number;
  readonly includeValue?: true;
  readonly wait?: true;
  readonly json?: true;
}

const MS_PER_S = 1_000;

const EXAMPLES = `
Without --wait it prints the id and ends: the request is stored by then, and survives whoever asked and whoever serves.
With --wait it prints the outcome, and ends with 1 when that isn't "materialized".

Examples:
  $ helios submit agents/7
  $ helios submit agents/7 --priority 0.9 --wait
  $ helios submit agents/7 --key nightly-2026-01-31 --include-value --wait --json`;

export function addSubmit(program: Command, io: Io): void {
  withNats(withCommonOptions(program.command('submit')))
    .description('Ask for an object durably: some worker materializes it, once, and its outcome is kept.')
    .argument('<name>', 'name of the object, or a root (64 hex digits) with --type')
    .option('--type <type>', 'type of the object')
    .option('--path <path>', 'only this place; may be repeated', collected)
    .option('--priority <share>', '0 to 1: 0.9 is urgent, 0.6 high, 0.3 normal', share, 0.5)
    .option('--urgency <share>', '0 to 1', share, 0.5)
    .option('--key <key>', 'idempotency key: a second request with it is the first one')
    .option('--ttl <seconds>', 'how long it may wait for its turn', seconds)
    .option('--include-value', 'the outcome carries the value, where it is small enough')
    .option('--wait', 'wait for the outcome')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, options: SubmitOptions, command: Command) => {
      const settings = await settle(command, io);
      const reach = requireReach(options, settings, io, 'submit asks');
      await withClient(reach, settings, (client) => submit(client, name, options, io));
    });
}

async function submit(client: Client, name: string, options: SubmitOptions, io: Io): Promise<void> {
  const out = outputTo(io.stdout);
  const submission = await client.submit(targetOf(name, options.type), durableOptions(options));
  if (options.wait === true) {
    await writeOutcome(submission, options, io, out);
  } else {
    const { id, duplicate } = submission;
    await out.line(options.json === true ? jsonText({ id, duplicate }) : `${id}${duplicate ? ' (a duplicate)' : ''}`);
    await out.flush();
  }
}

async function writeOutcome(
  submission: Submission,
  options: SubmitOptions,
  io: Io,
  out: ReturnType<typeof outputTo>,
): Promise<void> {
  const outcome = await submission.outcome({ signal: io.signal });
  await out.line(options.json === true ? eventJson(outcome) : eventText(outcome, coloursFor(io.stdout, io.env)));
  await out.flush();
  if (outcome.state !== 'materialized') throw new Exit(1);
}

function durableOptions({ path: paths, priority, urgency, key, ttl, includeValue }: SubmitOptions): DurableOptions {
  return {
    ...(paths === undefined ? {} : { paths }),
    ...(priority === undefined ? {} : { priority }),
    ...(urgency === undefined ? {} : { urgency }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(ttl === undefined ? {} : { ttlMs: ttl * MS_PER_S }),
    ...(includeValue === undefined ? {} : { includeValue }),
  };
}
