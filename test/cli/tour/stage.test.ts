import { describe, expect, it } from 'vitest';
import { stageOn } from '../../../src/cli/tour/stage.js';
import { folderWith, ioFor } from '../terminal.js';

/** A terminal on which a second passes whenever somebody looks at the time. */
function terminal() {
  let now = 0;
  return ioFor(folderWith(), {
    terminalColumns: 80,
    now: () => {
      now += 1_000;
      return now;
    },
  });
}

describe('the stage of a tour', () => {
  it('shows progress on a terminal, and takes it away before a line', async () => {
    const io = terminal();
    const stage = stageOn(io, { isQuiet: false });
    stage.begin('branches', 'branches', 3);
    stage.tick();
    stage.tick();
    expect(io.stderr.text).toContain('branches');
    const before = io.stderr.text.length;
    await stage.say('a line');
    expect(io.stderr.text.length).toBeGreaterThan(before); // what clears the bar
    expect(io.stdout.text).toBe('a line\n');
    stage.end();
  });

  it('writes lines alone where there is no terminal', async () => {
    const io = ioFor(folderWith());
    const stage = stageOn(io, { isQuiet: false });
    stage.begin('branches', 'branches', 1);
    stage.tick();
    await stage.say();
    stage.end();
    expect([io.stdout.text, io.stderr.text]).toEqual(['\n', '']);
  });

  it('ends the tour at a pause when the person has had enough', async () => {
    const controller = new AbortController();
    const stage = stageOn(ioFor(folderWith(), { signal: controller.signal }), { isQuiet: false });
    await stage.pause();
    controller.abort(new Error('enough'));
    await expect(stage.pause()).rejects.toThrow('enough');
  });
});
