/** `helios inspect`: the living state machines of all processes, on a page of this machine, until it is told to end. */
import type { Command } from 'commander';
import type { Io } from './io.js';
import { type NatsOptions, requireReach, withNats } from './nats.js';
import { port, positiveInteger, settle, share, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { toldToEnd } from './untilEnd.js';

interface InspectOptions extends NatsOptions {
  readonly port?: number;
  readonly host?: string;
  readonly type?: string;
  readonly id?: string;
  readonly failed?: true;
  readonly sample?: number;
  readonly budget?: number;
  readonly json?: true;
}

const EXAMPLES = `
Supervisors, workers, pressure and threshold actors are shown always, requests as the options say: one in a hundred
when they say nothing. Nothing is asked of any process while nobody has the page or the stream open.

Examples:
  $ helios inspect --nats nats://127.0.0.1:4222
  $ helios inspect --failed                 requests that fail, with their history
  $ helios inspect --id agents/7            all requests for one object
  $ helios inspect --type agent --sample 0.1`;

export function addInspect(program: Command, io: Io): void {
  withNats(withCommonOptions(program.command('inspect')))
    .description('Watch the living state machines of all processes, in a browser.')
    .option('--port <port>', 'where the page is (default: 8080; 0: any free one)', port)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1: this machine alone)')
    .option('--type <type>', 'only requests for objects of this type')
    .option('--id <id>', 'only the request of this id, or those for the object of this name')
    .option('--failed', 'requests that fail, with their history')
    .option('--sample <share>', 'share of requests to show, 0 to 1 (default: 0.01; all with --type or --id)', share)
    .option('--budget <n>', 'events a second that each process may show (default: 1000)', positiveInteger)
    .option('--json', 'say where the page is as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (options: InspectOptions, command: Command) => {
      const settings = await settle(command, io);
      const reach = requireReach(options, settings, io, 'inspect watches');
      const { port: asked, host, type, id, failed, sample, budget } = options;
      const { startInspector } = await import('../inspect/index.js');
      const hub = await startInspector({
        ...{ ...reach, logger: settings.logger, port: asked, host, type, id, failed, sample, budget },
      });
      try {
        const out = outputTo(io.stdout);
        const stream = hub.url.replace(/^http/, 'ws');
        await out.line(
          options.json === true
            ? JSON.stringify({ inspector: hub.url, stream })
            : `The inspector is at ${hub.url} (the stream for Stately's tools: ${stream}). Ctrl-C ends it.`,
        );
        await out.flush();
        await toldToEnd(io.signal);
      } finally {
        await hub.close();
      }
    });
}
