/** A type whose restoring is at least a millisecond of work: its values are of version 1, and the upgrade spins. */
import { defineConfig, defineType } from 'helios-materializer';

const anything = { '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value }) } };
const upgrade = {
  1: (old) => {
    const until = performance.now() + 1;
    while (performance.now() < until);
    return old;
  },
};
export default defineConfig({ types: [defineType({ name: 'spinning', version: 2, schema: anything, upgrade })] });
