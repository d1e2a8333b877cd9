import { defineConfig } from 'vitest/config';

/** The tests that hold the state engine: what a mutant of it has to get past. */
const WHOLE =
  'merge superposition saveAll collect exporting verifying watch helios largeDiffs builtInTypes assignedViews depth'.split(
    ' ',
  );

export default defineConfig({
  test: {
    include: ['test/state/**/*.test.ts', ...WHOLE.map((name) => `test/${name}.test.ts`)],
    pool: 'forks',
    testTimeout: 60_000,
  },
});
