/**
 * A vitest reporter that counts: every test once, and what fails outside of a test (a file that can't be loaded, a hook,
 * an unhandled rejection) once each, so that nothing red is lost. Writes what it counted as JSON to the file named in
 * HELIOS_TALLY, for scripts/test.mjs; prints nothing.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {string[]} failed names
 * @property {{ name: string, reason: string | undefined }[]} skipped
 * @property {{ figure: string, percent: number, threshold: number }[]} coverage empty if none was measured
 * @property {{ file: string, lines: number, branches: number }[]} coveredFiles in percent
 */

export default class VitestTally {
  /** @type {import('vitest/node').Vitest | undefined} */
  #vitest;
  /** @type {Pick<Tally, 'coverage' | 'coveredFiles'>} */
  #coverage = { coverage: [], coveredFiles: [] };

  /** @param {import('vitest/node').Vitest} vitest */
  onInit(vitest) {
    this.#vitest = vitest;
  }

  /** @param {any} map an istanbul CoverageMap */
  onCoverage(map) {
    const total = map.getCoverageSummary();
    /** @type {any} */
    const thresholds = this.#vitest?.config.coverage.thresholds ?? {};
    const percentOf = (/** @type {any} */ summary, /** @type {string} */ figure) => Number(summary[figure].pct);
    this.#coverage = {
      coverage: ['lines', 'branches', 'functions', 'statements']
        .filter((figure) => typeof thresholds[figure] === 'number')
        .map((figure) => ({ figure, percent: percentOf(total, figure), threshold: thresholds[figure] })),
      coveredFiles: map.files().map((/** @type {string} */ file) => {
        const summary = map.fileCoverageFor(file).toSummary();
        return {
          file: relative(this.#vitest?.config.root ?? '', file),
          lines: percentOf(summary, 'lines'),
          branches: percentOf(summary, 'branches'),
        };
      }),
    };
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest/node').SerializedError[]} unhandled
   */
  onTestRunEnd(modules, unhandled) {
    /** @type {Tally} */
    const tally = { passed: 0, failed: [], skipped: [], ...this.#coverage };
    for (const module of modules) {
      countErrors(module, module.relativeModuleId, tally);
      for (const suite of module.children.allSuites()) countErrors(suite, nameOf(module, suite.fullName), tally);
      for (const test of module.children.allTests()) countTest(test, nameOf(module, test.fullName), tally);
    }
    for (const error of unhandled) tally.failed.push(`outside of any test: ${error.message}`);
    const path = process.env.HELIOS_TALLY;
    if (path !== undefined) writeFileSync(path, JSON.stringify(tally));
  }
}

/**
 * @param {import('vitest/node').TestModule | import('vitest/node').TestSuite} group
 * @param {string} name
 * @param {Tally} tally
 */
function countErrors(group, name, tally) {
  if (group.errors().length > 0) tally.failed.push(`${name} (outside of its tests)`);
}

/**
 * @param {import('vitest/node').TestCase} test
 * @param {string} name
 * @param {Tally} tally
 */
function countTest(test, name, tally) {
  const result = test.result();
  if (result.state === 'passed') tally.passed += 1;
  else if (result.state === 'failed') tally.failed.push(name);
  else tally.skipped.push({ name, reason: result.state === 'skipped' ? result.note : 'it never ran' });
}

function nameOf(/** @type {import('vitest/node').TestModule} */ module, /** @type {string} */ name) {
  return `${module.relativeModuleId} > ${name}`;
}
