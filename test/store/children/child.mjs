/** What the child processes of the store's tests share: the built store, and heads as the contract's tests make them. */
export { hashOf, openLmdbStore } from '../../../dist/store/index.js';

import { hashOf } from '../../../dist/store/index.js';

export const directory = process.argv[2] ?? '';

/** One line for the test to read. */
export function say(/** @type {unknown} */ what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** Calls `act` for each line that the test sends, until it says that it was the last. */
export async function onLines(/** @type {(line: string) => Promise<boolean>} */ act) {
  let rest = '';
  for await (const chunk of process.stdin) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (await act(line)) return;
  }
}

export function headAt(/** @type {string} */ name, /** @type {number} */ version, /** @type {string} */ commit) {
  return { name, version, commit, root: commit, type: 'agent', schemaVersion: 1, weight: 1, at: version };
}

export function blockOf(/** @type {string} */ text) {
  const block = Buffer.from(text);
  return { hash: hashOf(block), block };
}
