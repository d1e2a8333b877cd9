/**
 * `bitFlips.mjs make FOLDER` writes a store of many kinds of blocks and records. `bitFlips.mjs try FOLDER SCRATCH` takes
 * lines `[at, bit]`, flips that bit of a copy of the store's file, reads all that is in it, and says what came of it.
 */
import { deepStrictEqual } from 'node:assert';
import { closeSync, copyFileSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Helios } from '../../../dist/index.js';

const [what, folder, scratch = ''] = process.argv.slice(2);

function states() {
  const all = { bytes: { samples: Float64Array.from({ length: 600 }, (_, at) => at) }, text: 'a fox '.repeat(1_500) };
  for (let n = 0; n < 5; n++) {
    all[`split/${n}`] = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`key ${i}`, `${n} ${i} `.repeat(8)]));
  }
  for (let n = 0; n < 30; n++) {
    all[`agents/${n}`] = { name: `agent ${n}`, hp: n, memory: Array.from({ length: 10 }, (_, i) => `memory ${n * i}`) };
  }
  return all;
}

const LAST_HP = 104;
const EXPECTED = states();
/** Of each name, as a line. */
let histories;

if (what === 'make') await make();
else {
  histories = JSON.parse(process.env.HISTORIES);
  EXPECTED['agents/1'].hp = LAST_HP;
  let tries = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const copy = join(scratch, `${process.pid}-${tries++}`);
    flipped(copy, ...JSON.parse(line));
    console.log(JSON.stringify(await outcome(copy)));
    rmSync(copy, { recursive: true, force: true });
  }
}

async function make() {
  const helios = await Helios.open({ store: folder });
  for (const [name, value] of Object.entries(EXPECTED)) {
    const type = typeof value === 'string' ? 'text' : 'record';
    await helios.create(type, value).save(name, { message: `about ${name}` });
  }
  for (let hp = LAST_HP - 4; hp <= LAST_HP; hp++) {
    await helios.update('agents/1', (draft) => {
      draft.hp = hp;
    });
  }
  await helios.checkpoint('agents/1', 'the third', 3);
  const found = {};
  for (const name of Object.keys(EXPECTED)) found[name] = await historyOf(helios, name);
  await helios.close();
  console.log(JSON.stringify(found));
}

async function historyOf(helios, name) {
  const lines = [];
  for await (const { version, root, message, weight, type, at } of helios.history(name)) {
    lines.push([version, root, message, weight, type, at.getTime()].join(' '));
  }
  for (const [label, { version }] of await helios.checkpoints(name)) lines.push(`${label} ${version}`);
  return lines.join('\n');
}

function flipped(copy, at, bit) {
  mkdirSync(copy, { recursive: true });
  for (const file of ['helios.json', 'data.mdb']) copyFileSync(join(folder, file), join(copy, file));
  const file = openSync(join(copy, 'data.mdb'), 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  byte[0] ^= 1 << bit;
  writeSync(file, byte, 0, 1, at);
  closeSync(file);
}

/** `wrong`: what was given and is not so. `refused`: codes of what was refused. `findings`: of verify. */
async function outcome(copy) {
  const said = { wrong: [], refused: [], findings: 0 };
  const refuse = (error) => {
    if (error?.name !== 'HeliosError') said.wrong.push(`threw ${error?.stack}`);
    said.refused.push(error?.code);
  };
  let helios;
  try {
    helios = await Helios.open({ store: copy });
  } catch (error) {
    refuse(error);
    said.findings++;
    return said;
  }
  try {
    for await (const { name } of helios.list()) if (!(name in EXPECTED)) said.wrong.push(`lists ${name}`);
  } catch (error) {
    refuse(error);
  }
  for (const [name, value] of Object.entries(EXPECTED)) {
    try {
      const given = (await helios.load(name)).materialize();
      if (!isSame(given, value)) said.wrong.push(`gives another ${name}`);
    } catch (error) {
      refuse(error);
    }
    try {
      if ((await historyOf(helios, name)) !== histories[name]) said.refused.push('another history');
    } catch (error) {
      refuse(error);
    }
  }
  try {
    for await (const _ of helios.verify()) said.findings++;
  } catch (error) {
    refuse(error);
    said.findings++;
  }
  await helios.close();
  return said;
}

function isSame(one, other) {
  try {
    deepStrictEqual(one, other);
    return true;
  } catch {
    return false;
  }
}
