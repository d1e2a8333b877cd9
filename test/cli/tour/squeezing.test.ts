import { describe, expect, it } from 'vitest';
import { Checks } from '../../../src/cli/tour/checks.js';
import { fillHeap, hold, type Move } from '../../../src/cli/tour/heapHolding.js';
import { squeeze } from '../../../src/cli/tour/squeezing.js';
import { stageOn } from '../../../src/cli/tour/stage.js';
import { Helios } from '../../../src/index.js';
import { forcePressure } from '../../../src/testing/index.js';
import { folderWith, ioFor } from '../terminal.js';

describe('a process that fills its heap', () => {
  it('fails both claims, with what it said, when it dies', async () => {
    const folder = folderWith();
    const io = ioFor(folder);
    const checks = new Checks();
    const options = { storeDir: folder, program: new URL('./dies.mjs', import.meta.url), signal: io.signal };
    expect(await squeeze(options, stageOn(io, { isQuiet: false }), checks)).toEqual([]);
    const reason = 'the process ended with code 3: no memory here';
    expect(checks.all.map((claim) => claim.reason)).toEqual([reason, reason]);
    expect(io.stdout.text).toContain(reason);
  });

  it('ends with its parent’s patience', async () => {
    const io = ioFor(folderWith(), { signal: AbortSignal.abort(new Error('enough')) });
    const options = { storeDir: io.cwd, program: new URL('./dies.mjs', import.meta.url), signal: io.signal };
    await expect(squeeze(options, stageOn(io, { isQuiet: false }), new Checks())).rejects.toThrow();
  });
});

describe('holding memory', () => {
  it('tells of each policy: where it began, risen, and fallen again', async () => {
    const helios = await Helios.open({ store: 'memory' });
    const moves: Move[] = [];
    await hold(helios, {
      fill: () => {
        forcePressure(helios, 0.6);
        return () => forcePressure(helios, 0.05);
      },
      tell: (move) => moves.push(move),
      patienceMs: 20_000,
    });
    await helios.close();
    expect(moves.map(({ level, epoch, threshold }) => [level, epoch, threshold])).toEqual([
      ['normal', '0', 0],
      ['elevated', '1', 0.2],
      ['normal', '2', 0],
    ]);
  });

  it('lets go of the memory and says so when the level does not move in time', async () => {
    const helios = await Helios.open({ store: 'memory' });
    let isHeld = false;
    const fill = () => {
      isHeld = true;
      return () => {
        isHeld = false;
      };
    };
    const held = hold(helios, { fill, tell: () => {}, patienceMs: 1 });
    await expect(held).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', message: /has not risen in 1 ms/ });
    expect(isHeld).toBe(false);
    await helios.close();
  });

  it('fills the heap up to a share of it, and asks for a collection before, after and when it lets go', () => {
    let collections = 0;
    const release = fillHeap(0, () => {
      collections++;
    });
    release();
    expect(collections).toBe(3);
  });
});
