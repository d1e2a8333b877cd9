/**
 * Types of the tests that kill processes. Values are saved as version 1 by the test; restoring them runs the upgrade at
 * the worker: `waiting` stays in it until there is a file of that name, `slow` takes some milliseconds, `poison` ends
 * the process.
 */
import { existsSync } from 'node:fs';
import { defineConfig, defineType } from 'helios-materializer';

const anything = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
const sleepMs = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const type = (name, upgrade) => defineType({ name, version: 2, schema: anything, upgrade: { 1: upgrade } });

export default defineConfig({
  types: [
    type('waiting', (old) => {
      while (!existsSync(old.file)) sleepMs(5);
      return old;
    }),
    type('slow', (old) => {
      sleepMs(old.ms);
      return old;
    }),
    type('poison', () => process.kill(process.pid, 'SIGKILL')),
  ],
});
