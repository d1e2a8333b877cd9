import { defineConfig } from 'vitest/config';

/** Tests of one room each: nothing in these rooms keeps state between files, so they share a process and its modules. */
const ROOMS = [
  ...['actors', 'adapters', 'bus', 'cache', 'cli', 'inspect', 'machines', 'policy'],
  ...['protocol', 'restore', 'simulation', 'state', 'store'],
].map((room) => `test/${room}/**/*.test.ts`);

/** `--mode long` runs test/long/ too, with time to spare: `npm run test:long`. */
export default defineConfig(({ mode }) => {
  const isLong = mode === 'long';
  const others = { include: ['test/**/*.test.ts'], exclude: [...ROOMS, ...(isLong ? [] : ['test/long/**'])] };
  return {
    test: {
      projects: [
        { extends: true, test: { name: 'rooms', include: ROOMS, isolate: false } },
        { extends: true, test: { name: 'house', ...others } },
      ],
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
