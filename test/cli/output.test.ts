import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isOutputClosed, outputTo } from '../../src/cli/output.js';
import { Capture } from './terminal.js';

describe('outputTo', () => {
  it('writes lines in order, the last ones with flush', async () => {
    const screen = new Capture(false, 80);
    const out = outputTo(screen);
    for (let line = 0; line < 5_000; line++) await out.line(`line ${line}`);
    await out.flush();
    await out.flush();
    expect(screen.text).toBe(Array.from({ length: 5_000 }, (_, line) => `line ${line}\n`).join(''));
  });

  it('makes the writer wait for a reader that is behind', async () => {
    let release = () => {};
    const slow = new Writable({
      write: (_chunk, _encoding, done) => {
        release = done;
      },
    });
    const out = outputTo(slow);
    const waiting = out.line('x'.repeat(20_000));
    expect(waiting).toBeInstanceOf(Promise);
    let isReleased = false;
    const released = waiting?.then(() => expect(isReleased).toBe(true));
    await new Promise((resolve) => setImmediate(resolve));
    isReleased = true;
    release();
    await released;
  });

  it('throws one kind of error at each line once the reader has gone', async () => {
    const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const out = outputTo(new Writable({ write: (_chunk, _encoding, done) => done(error) }));
    out.line('a');
    await expect(out.flush()).rejects.toSatisfy(isOutputClosed);
    expect(() => out.line('b')).toThrow('EPIPE');
    await expect(out.flush()).rejects.toSatisfy(isOutputClosed);
  });

  it('knows a stream that was closed before', () => {
    const stream = new Capture(false, 80);
    stream.destroy();
    expect(() => outputTo(stream).line('a')).toThrow('The output is closed.');
  });
});
