/**
 * The end of a test run: what failed, what was skipped and why, and the closing line. Pure: results in, text out.
 * It counts in disfavour: no test executed, no tally, no coverage, a skip without a reason are failures.
 */

/**
 * @typedef {{ readonly name: string, readonly isGood: boolean }} Gate
 * @typedef {import('./vitest-tally.mjs').Tally} Tally
 *
 * @param {readonly Gate[]} gates those that are a program each
 * @param {Tally | undefined} tally undefined when vitest left none
 * @param {number} vitestCode its exit code
 * @returns {{ text: string, isGood: boolean }} the last line of `text` is `N passed, N failed`, or that and `, N skipped`
 */
export function verdict(gates, tally, vitestCode) {
  const { passed = 0, failed: failedTests = [], skipped = [] } = tally ?? {};
  const coverage = judgeCoverage(tally);
  const all = [
    ...gates,
    { name: 'coverage', isGood: coverage.isGood },
    ...judgeSkips(skipped),
    ...judgeRun(passed + failedTests.length, vitestCode, failedTests.length === 0 && coverage.isGood),
  ];
  const failedGates = all.filter(({ isGood }) => !isGood).map(({ name }) => name);
  const failed = [...failedGates, ...failedTests];
  const counts = [`${passed + all.length - failedGates.length} passed`, `${failed.length} failed`];
  if (skipped.length > 0) counts.push(`${skipped.length} skipped`);
  const lines = [
    ...coverage.lines,
    ...section(
      'Skipped:',
      skipped.map(({ name, reason }) => `${name}: ${reason ?? 'NO REASON GIVEN'}`),
    ),
    ...section('Failed:', failed),
    '',
    counts.join(', '),
  ];
  return { text: lines.join('\n'), isGood: failed.length === 0 };
}

/** @returns {{ isGood: boolean, lines: string[] }} */
function judgeCoverage(/** @type {Tally | undefined} */ tally) {
  const { coverage = [], coveredFiles = [] } = tally ?? {};
  if (coverage.length === 0) return { isGood: false, lines: ['Coverage: not measured'] };
  const isGood = coverage.every(({ percent, threshold }) => percent >= threshold);
  const figures = coverage.map(({ figure, percent, threshold }) => `${figure} ${percent} % (at least ${threshold} %)`);
  const lines = [`Coverage: ${figures.join(', ')}`];
  if (!isGood) {
    const atLeast = Object.fromEntries(coverage.map(({ figure, threshold }) => [figure, threshold]));
    const worst = coveredFiles
      .filter(({ lines, branches }) => lines < (atLeast.lines ?? 0) || branches < (atLeast.branches ?? 0))
      .toSorted((a, b) => a.lines + a.branches - b.lines - b.branches)
      .slice(0, 20);
    lines.push(...worst.map(({ file, lines, branches }) => `  ${file}: lines ${lines} %, branches ${branches} %`));
  }
  return { isGood, lines };
}

/** A gate that only a run with skipped tests has: `test.skip` can't say why, `context.skip('why')` can. */
function judgeSkips(/** @type {Tally['skipped']} */ skipped) {
  if (skipped.length === 0) return [];
  return [{ name: 'every skipped test says why', isGood: skipped.every(({ reason }) => Boolean(reason)) }];
}

/** What vitest's own end has to say beyond single tests; nothing when all is as counted. */
function judgeRun(/** @type {number} */ executed, /** @type {number} */ code, /** @type {boolean} */ looksGood) {
  if (executed === 0) return [{ name: 'tests: none was executed', isGood: false }];
  if (code !== 0 && looksGood) return [{ name: `tests: vitest ended with exit code ${code}`, isGood: false }];
  return [];
}

/** @returns {string[]} */
function section(/** @type {string} */ title, /** @type {readonly string[]} */ items) {
  return items.length === 0 ? [] : ['', title, ...items.map((item) => `  ${item}`)];
}
