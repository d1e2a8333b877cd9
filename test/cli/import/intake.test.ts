import { describe, expect, it, onTestFinished } from 'vitest';
import { Intake } from '../../../src/cli/import/intake.js';
import { Helios } from '../../../src/index.js';

async function memory(): Promise<Helios> {
  const helios = await Helios.open({ store: 'memory' });
  onTestFinished(() => helios.close());
  return helios;
}

/** Holds every look-up of a head until it is opened. */
function gate(helios: Helios) {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const find = helios.find.bind(helios);
  helios.find = async (name) => {
    await opened;
    return find(name);
  };
  return open;
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(() => false);
  const turn = new Promise<boolean>((resolve) => setImmediate(() => resolve(true)));
  return Promise.race([settled, turn]);
}

describe('Intake', () => {
  it('takes 1,024 objects at a time, and no more before one is saved', async () => {
    const helios = await memory();
    const open = gate(helios);
    const intake = new Intake(helios, undefined);
    for (let n = 0; n < 1_024; n++) await intake.add(`n/${n}`, helios.create('record', { n }), 10);
    const next = intake.add('n/1024', helios.create('record', { n: 1_024 }), 10);
    expect(await isPending(next)).toBe(true);
    open();
    await next;
    await intake.settle();
    expect(intake.counts).toMatchObject({ objects: 1_025, versions: 1_025, unchanged: 0 });
  });

  it('takes large objects one at a time, but always one', async () => {
    const helios = await memory();
    const open = gate(helios);
    const intake = new Intake(helios, undefined);
    await intake.add('a', helios.create('record', { a: 1 }), 1e9);
    const next = intake.add('b', helios.create('record', { b: 1 }), 1e9);
    expect(await isPending(next)).toBe(true);
    open();
    await next;
    await intake.settle();
    expect(intake.counts.objects).toBe(2);
  });

  it('tries again when somebody else moves a name in between', async () => {
    const helios = await memory();
    const find = helios.find.bind(helios);
    let rivals = 3;
    helios.find = async (name) => {
      const found = await find(name);
      if (rivals-- > 0) await helios.create('record', { rival: rivals }).save(name, { expect: 'any' });
      return found;
    };
    const intake = new Intake(helios, 'mine');
    await intake.add('a', helios.create('record', { mine: true }), 10);
    await intake.settle();
    expect(intake.counts).toMatchObject({ objects: 0, versions: 1 });
    expect((await find('a'))?.base).toMatchObject({ version: 4, message: 'mine' });
  });

  it('gives up on a name that others move again and again', async () => {
    const helios = await memory();
    const find = helios.find.bind(helios);
    let rivals = 0;
    helios.find = async (name) => {
      const found = await find(name);
      await helios.create('record', { rival: ++rivals }).save(name, { expect: 'any' });
      return found;
    };
    const intake = new Intake(helios, undefined);
    await intake.add('a', helios.create('record', { mine: true }), 10);
    await expect(intake.settle()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(rivals).toBe(16);
  });

  it('tells of a save that failed at the next object and in the end, and saves nothing of that name after it', async () => {
    const helios = await memory();
    const find = helios.find.bind(helios);
    helios.find = async (name) => {
      if (name === 'bad') throw new Error('gone');
      return find(name);
    };
    const intake = new Intake(helios, undefined);
    await intake.add('bad', helios.create('record', { n: 1 }), 10);
    await intake.add('bad', helios.create('record', { n: 2 }), 10);
    await expect(intake.settle()).rejects.toThrow('gone');
    await expect(intake.add('good', helios.create('record', {}), 10)).rejects.toThrow('gone');
    await expect(intake.settle()).rejects.toThrow('gone');
    expect(intake.counts.versions).toBe(0);
  });
});
