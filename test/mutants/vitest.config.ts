import { defineConfig } from 'vitest/config';

/** The tests that hold the state engine: what a mutant of it has to get past. */
export default defineConfig({
  test: { include: ['test/state/**/*.test.ts', 'test/merge.test.ts'], pool: 'forks', testTimeout: 60_000 },
});
