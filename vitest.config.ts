import { defineConfig } from 'vitest/config';

/** `--mode long` runs test/long/ too, with time to spare: `npm run test:long`. */
export default defineConfig(({ mode }) => {
  const isLong = mode === 'long';
  return {
    test: {
      include: ['test/**/*.test.ts'],
      exclude: isLong ? [] : ['test/long/**'],
      pool: 'forks',
      maxWorkers: 2,
      // For a machine that is busy with something else: no test depends on its speed, so no limit needs to be tight.
      testTimeout: isLong ? 900_000 : 30_000,
      hookTimeout: 30_000,
      coverage: {
        provider: 'v8',
        include: ['src/**/*.ts'],
        reporter: ['text-summary'],
        reportOnFailure: true,
        thresholds: { lines: 95, branches: 90 },
      },
    },
  };
});
