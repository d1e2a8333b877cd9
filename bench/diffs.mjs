/**
 * Claim: the difference of two states costs what differs. Two releases of browser-compat-data (20 MB each) that are
 * stored, against reading both as JSON and comparing them.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Helios } from '../dist/index.js';

export const name = 'diffs';
export const claim = 'a difference costs what differs';

const PAIRS = [
  { label: 'two neighbouring patch releases', from: '8.1.3', to: '8.1.4', toReach: 'at most 1/20' },
  { label: 'two minor releases', from: '8.0.14', to: '8.1.0', toReach: 'at most 1/8' },
];

export async function run(bench) {
  const store = join(bench.folder, 'releases');
  const writer = await Helios.open({ store });
  for (const { from, to } of PAIRS) {
    for (const release of [from, to]) await writer.create('record', JSON.parse(textOf(release))).save(release);
  }
  await writer.close();
  const helios = await Helios.open({ store, memoryBytes: 0 });
  for (const { label, from, to, toReach } of PAIRS) {
    const [before, after] = [await helios.load(from), await helios.load(to)];
    const [one, other] = [textOf(from), textOf(to)];
    const changes = [...before.diff(after)].length;
    await bench.compare(`difference of ${label}, ${changes} changes, nothing in memory (to reach: ${toReach})`, {
      subject: { name: 'before.diff(after)', run: () => [...before.diff(after)].length },
      peer: {
        name: 'JSON.parse both, compare',
        run: () => differences(JSON.parse(one), JSON.parse(other), [], []).length,
      },
      operations: 20,
    });
  }
  await helios.close();
}

/** As one writes it: by keys, and by index in lists. */
function differences(one, other, path, found) {
  if (Object.is(one, other)) return found;
  const areBoth = typeof one === 'object' && typeof other === 'object' && one !== null && other !== null;
  if (!areBoth || Array.isArray(one) !== Array.isArray(other)) {
    found.push({ path: [...path], before: one, after: other });
    return found;
  }
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    path.push(key);
    differences(one[key], other[key], path, found);
    path.pop();
  }
  return found;
}

function textOf(release) {
  return readFileSync(createRequire(import.meta.url).resolve(`bcd-${release}`), 'utf8');
}
