/**
 * `node scripts/samples.mjs`: makes samples/ anew, the small input that ships with the package, out of the development
 * dependencies that the big tour reads whole. The same dependencies give the same bytes; run it when one of them changes.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const samples = fileURLToPath(new URL('../samples', import.meta.url));
const require = createRequire(import.meta.url);

const releases = ['8.0.14', '8.1.0', '8.1.1', '8.1.2', '8.1.3'];
/** What is taken of a release: parts that differ from release to release, with keys like "10" and "10.1". */
const parts = {
  __meta: ['timestamp', 'version'],
  browsers: ['chrome', 'firefox', 'safari'],
  api: ['PerformanceContainerTiming', 'Serial', 'SerialPort', 'SpeechGrammarList', 'WebTransport'],
};
/** Payloads taken: the first of each webhook that has one of at most so many characters. */
const payloadLengthMax = 10_000;

/** Where the data comes from and under which terms; written beside it. */
const notice = `The files in this folder are excerpts of public data, made by scripts/samples.mjs of Helios. Nothing in them was changed.

compat-data/
    Parts of five releases of @mdn/browser-compat-data (https://github.com/mdn/browser-compat-data), by the contributors
    to MDN Web Docs. Dedicated to the public domain under CC0 1.0 (https://creativecommons.org/publicdomain/zero/1.0/).

webhooks.ndjson
    Example payloads from @octokit/webhooks-examples (https://github.com/octokit/webhooks), under this licence:

${indented(mitOf('2018 Gregor Martynus'))}
`;

rmSync(samples, { recursive: true, force: true });
mkdirSync(join(samples, 'compat-data'), { recursive: true });
for (const release of releases) {
  const whole = readJson(require.resolve(`bcd-${release}`));
  const excerpt = Object.fromEntries(
    Object.entries(parts).map(([name, keys]) => [name, pick(/** @type {object} */ (whole[name]), keys)]),
  );
  writeFileSync(join(samples, 'compat-data', `${release}.json`), `${JSON.stringify(excerpt)}\n`);
}

/** @type {{ name: string, examples: object[] }[]} */
const webhooks = readJson(require.resolve('@octokit/webhooks-examples'));
const lines = webhooks.flatMap(({ name, examples }) => {
  const payload = examples.find((example) => JSON.stringify(example).length <= payloadLengthMax);
  return payload === undefined ? [] : [`${JSON.stringify({ webhook: name, payload })}\n`];
});
writeFileSync(join(samples, 'webhooks.ndjson'), lines.join(''));
writeFileSync(join(samples, 'NOTICE.txt'), notice);

/** The parts of `value` under these keys, in its own order. */
function pick(/** @type {object} */ value, /** @type {readonly string[]} */ keys) {
  const missing = keys.filter((key) => !Object.hasOwn(value, key));
  if (missing.length > 0) throw new Error(`A release has no ${missing.join(', ')}: choose other parts.`);
  return Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)));
}

function readJson(/** @type {string} */ file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function mitOf(/** @type {string} */ copyright) {
  return `The MIT License

Copyright (c) ${copyright}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
}

function indented(/** @type {string} */ text) {
  return text.replace(/^(?=.)/gm, '    ');
}
