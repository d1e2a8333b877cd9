import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clearTour, markDone, markTour } from '../../../src/cli/tour/directory.js';
import { Helios } from '../../../src/index.js';
import { folderWith, put } from '../terminal.js';

/** A folder in which a tour's store is, as it is while the tour is being taken. */
async function begunTour(): Promise<{ readonly folder: string; readonly tour: string }> {
  const folder = folderWith();
  const tour = join(folder, 'tour');
  await (await Helios.open({ store: tour })).close();
  markTour(tour);
  return { folder, tour };
}

function marker(tour: string, changes: Record<string, unknown>): void {
  put(tour, { 'tour.json': { madeBy: 'helios tour', storeId: 'none', pid: 1, isDone: true, ...changes } });
}

describe('the directory of a tour', () => {
  it('is removed when a tour made it', async () => {
    const { tour } = await begunTour();
    markDone(tour);
    clearTour(tour);
    expect(existsSync(tour)).toBe(false);
  });

  it('may be missing, or empty', () => {
    const folder = folderWith();
    clearTour(join(folder, 'missing'));
    mkdirSync(join(folder, 'empty'));
    clearTour(join(folder, 'empty'));
    expect(readdirSync(folder)).toEqual(['empty']);
  });

  it('is not removed when anything else lies in it', async () => {
    const { tour } = await begunTour();
    markDone(tour);
    put(tour, { 'notes.txt': 'mine' });
    expect(() => clearTour(tour)).toThrow(/also holds notes\.txt/);
    expect(readdirSync(tour)).toContain('data.mdb');
  });

  it('is not removed when it is another store, whatever marker was copied into it', async () => {
    const { folder } = await begunTour();
    const mine = join(folder, 'mine');
    await (await Helios.open({ store: mine })).close();
    expect(() => clearTour(mine)).toThrow(/was not made by a tour/);
    marker(mine, {});
    expect(() => clearTour(mine)).toThrow(/was not made by a tour/);
    put(mine, { 'tour.json': 'no JSON' });
    expect(() => clearTour(mine)).toThrow(/was not made by a tour/);
    markDone(mine);
    expect(() => clearTour(mine)).toThrow(/was not made by a tour/);
  });

  it('is not followed when it is a link', async () => {
    const { folder, tour } = await begunTour();
    markDone(tour);
    symlinkSync(tour, join(folder, 'link'));
    expect(() => clearTour(join(folder, 'link'))).toThrow(/is no directory/);
    expect(readdirSync(tour)).toContain('data.mdb');
  });

  it('is not removed while another process takes its tour in it, and is when that process is gone', async () => {
    const { tour } = await begunTour();
    const { id } = JSON.parse(readFileSync(join(tour, 'helios.json'), 'utf8'));
    marker(tour, { storeId: id, pid: process.ppid, isDone: false });
    expect(() => clearTour(tour)).toThrow(`is in use by another tour, process ${process.ppid}`);
    marker(tour, { storeId: id, pid: 2 ** 22 + 1, isDone: false }); // above what Linux gives
    clearTour(tour);
    expect(existsSync(tour)).toBe(false);
  });

  it('is removed to the end when an earlier removal was interrupted', async () => {
    const { folder } = await begunTour();
    const half = join(folder, 'half');
    marker(half, {});
    clearTour(half);
    expect(existsSync(half)).toBe(false);
  });
});
