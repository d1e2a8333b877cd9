#!/usr/bin/env node
/** The `helios` command as a process. What it does is run.ts, how it meets the world is asProcess.ts. */
import { asProcess } from './asProcess.js';
import { run } from './run.js';

await asProcess((io) => run(process.argv.slice(2), io));
