/**
 * Step 1: the releases of the document become successive versions of one object, the population becomes objects of its
 * own. Every state is read back from the store and compared with what it was made of.
 */
import type { Helios, Version } from '../../index.js';
import { bytesText, countText, durationText } from '../screen/units.js';
import { type Checks, mustEqual } from './checks.js';
import type { Stage } from './stage.js';
import type { TourInput } from './tourInput.js';

/** What some states take as JSON text, each stored alone, and together in the store. */
export interface Sharing {
  readonly label: string;
  readonly states: number;
  readonly jsonBytes: number;
  readonly aloneBytes: number;
  readonly storedBytes: number;
}

/** Saves in flight at a time: they share commits. */
const SAVES_TOGETHER = 32;

export async function importAll(helios: Helios, input: TourInput, stage: Stage, checks: Checks): Promise<Sharing[]> {
  return [await importReleases(helios, input, stage, checks), await importPopulation(helios, input, stage, checks)];
}

async function importReleases(helios: Helios, input: TourInput, stage: Stage, checks: Checks): Promise<Sharing> {
  const { name, releases } = input.document;
  const equal = checks.claim(`each of ${releases.length} versions of ${name}, read back, is deep-equal to its release`);
  const before = helios.stats().store.bytes;
  let jsonBytes = 0;
  let aloneBytes = 0;
  let previous: Version | undefined;
  stage.begin('releases', 'releases', releases.length);
  for (const { label, text } of releases) {
    await stage.pause();
    const json = await text();
    const bytes = Buffer.byteLength(json);
    const release: Record<string, never> = JSON.parse(json);
    const stored = helios.stats().store.bytes;
    await stage.pause();

    const startedAt = performance.now();
    const reference = helios.create('record', release);
    previous = await reference.save(name, { expect: previous ?? 'absent', message: `release ${label}` });
    const us = (performance.now() - startedAt) * 1_000;

    jsonBytes += bytes;
    aloneBytes += reference.bytes;
    await stage.pause();
    const loaded = await helios.load(name, { version: previous.version });
    equal.prove(() => mustEqual(loaded.materialize(), release, `release ${label} came back otherwise`));
    stage.tick();
    const added = helios.stats().store.bytes - stored;
    await stage.say(
      `  ${label.padEnd(8)} ${bytesText(bytes)} of JSON → ${bytesText(added)} in new blocks, saved in ${durationText(us)}`,
    );
  }
  await stage.judge(equal);
  const storedBytes = helios.stats().store.bytes - before;
  return {
    label: `${countText(releases.length)} releases`,
    states: releases.length,
    jsonBytes,
    aloneBytes,
    storedBytes,
  };
}

async function importPopulation(helios: Helios, input: TourInput, stage: Stage, checks: Checks): Promise<Sharing> {
  const { noun } = input.population;
  const members = await input.population.members();
  const count = `${countText(members.length)} ${noun}s`;
  const equal = checks.claim(`each of ${count}, read back, is deep-equal to the original`);
  const before = helios.stats().store.bytes;
  let jsonBytes = 0;
  let aloneBytes = 0;
  const roots = new Set<string>();
  stage.begin(`${noun}s`, `${noun}s`, members.length);
  const startedAt = performance.now();
  for (let from = 0; from < members.length; from += SAVES_TOGETHER) {
    await stage.pause();
    const saves = members.slice(from, from + SAVES_TOGETHER).map(async ({ name, value }) => {
      const reference = helios.create('record', value);
      await reference.save(name);
      jsonBytes += Buffer.byteLength(JSON.stringify(value));
      aloneBytes += reference.bytes;
      roots.add(reference.root);
      stage.tick();
    });
    await Promise.all(saves);
  }
  const us = (performance.now() - startedAt) * 1_000;
  for (const { name, value } of members) {
    const loaded = await helios.load(name);
    equal.prove(() => mustEqual(loaded.materialize(), value, `${name} came back otherwise`));
  }
  const storedBytes = helios.stats().store.bytes - before;
  const same = members.length - roots.size;
  const equals = same === 0 ? '' : `; ${same} equal another one, and cost nothing`;
  await stage.say(
    `  ${count}, ${bytesText(jsonBytes)} of JSON → ${bytesText(storedBytes)} in blocks, saved in ${durationText(us)}${equals}`,
  );
  await stage.judge(equal);
  return { label: count, states: members.length, jsonBytes, aloneBytes, storedBytes };
}
