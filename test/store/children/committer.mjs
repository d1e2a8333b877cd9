/**
 * Commits without end until it is killed, several commits under way at a time: each version's commit block names three
 * blocks of its own. Says a version's number once it is committed. Every tenth change is so big that its blocks go ahead.
 */
import { blockOf, directory, headAt, openLmdbStore, say } from './child.mjs';

const store = openLmdbStore({ directory });
const name = process.argv[3] ?? '';
const found = store.heads.get(name);
let previous = found?.commit ?? null;
let version = found?.version ?? 0;
const UNDER_WAY = 3;
const underWay = new Set();
for (;;) {
  version++;
  const blocks = new Map();
  const count = version % 10 === 0 ? 4_200 : 3;
  for (let at = 0; at < count; at++) {
    const { hash, block } = blockOf(`${name} ${version} ${at}`.padEnd(60, '.'));
    blocks.set(hash, block);
  }
  const commit = blockOf(JSON.stringify({ version, children: [...blocks.keys()] }));
  blocks.set(commit.hash, commit.block);
  const to = headAt(name, version, commit.hash);
  const committing = store.commit({ blocks, borrowed: [], moves: [{ name, expect: previous, to }] });
  const said = version;
  const settled = committing.then(() => {
    underWay.delete(settled);
    say(said);
  });
  underWay.add(settled);
  previous = commit.hash;
  // A big change's blocks go ahead one transaction at a time: what follows it must not be queued before it.
  while (underWay.size >= UNDER_WAY || (underWay.size > 0 && (version + 1) % 10 <= 1)) await Promise.race(underWay);
}
