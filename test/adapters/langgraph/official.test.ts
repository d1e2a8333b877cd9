/** The suite by which LangGraph judges checkpointers, over memory and over a directory. */
import { deltaChannelHistoryTests, validate } from '@langchain/langgraph-checkpoint-validation';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HeliosSaver } from '../../../src/adapters/langgraph/index.js';
import { freshDirectory, removeDirectory } from '../../store/directories.js';

// The suite is written for a runner that has these as globals.
Object.assign(globalThis, { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it });

const directories = new Map<HeliosSaver, string>();

const memory = {
  // Tests are skipped by name: none for this one.
  checkpointerName: 'helios',
  createCheckpointer: () => new HeliosSaver({ store: 'memory' }),
  destroyCheckpointer: (saver: HeliosSaver) => saver.end(),
};

const directory = {
  checkpointerName: 'helios, in a directory',
  createCheckpointer: () => {
    const store = freshDirectory();
    const saver = new HeliosSaver({ store });
    directories.set(saver, store);
    return saver;
  },
  destroyCheckpointer: async (saver: HeliosSaver) => {
    await saver.end();
    removeDirectory(directories.get(saver) ?? '');
  },
};

for (const initializer of [memory, directory]) {
  validate(initializer);
  deltaChannelHistoryTests(initializer);
}
