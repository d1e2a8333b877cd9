/** Mutation testing of the block codec and the tree, for scripts/mutants.mjs, which says what is to be mutated. */
export default {
  mutate: (process.env.HELIOS_MUTATE ?? 'src/state/**/*.ts').split(','),
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutants/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // What runs once, when a module is loaded, would need a process for each mutant.
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 20_000,
  timeoutFactor: 3,
  thresholds: { high: 90, low: 75, break: 75 },
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, allowEmojis: false, reportTests: false },
  jsonReporter: { fileName: 'coverage/mutants.json' },
  tempDirName: 'node_modules/.cache/mutants',
  cleanTempDir: 'always',
  // TypeScript 7 has none of the functions by which a tsconfig would be rewritten; nothing here needs that.
  tsconfigFile: 'none.json',
};
