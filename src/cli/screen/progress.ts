/**
 * A progress bar on stderr, for what may take longer than a second: only on a terminal, only once it has taken a while,
 * and gone when it is done, so that nothing of it stays in a log or between lines of output.
 */
import { Presets, SingleBar } from 'cli-progress';
import type { Io } from '../io.js';
import { bytesText, countText } from './units.js';

/** Milliseconds that a command may work before a bar appears. */
const PATIENCE_MS = 500;
/** Milliseconds between two changes of it: more of them say no more. */
const REDRAW_MS = 50;

export interface Progress {
  /** Reports how far it is. With a total of 0, how far that is of all isn't known. */
  at(done: number, count: number): void;
  /** Takes the bar away. Idempotent. */
  end(): void;
}

export interface ProgressOptions {
  /** For example `import`. */
  readonly label: string;
  /** What `count` counts, for example `objects`. */
  readonly counted: string;
  /** In bytes or pieces; 0 when nobody knows. */
  readonly total: number;
  readonly unit: 'bytes' | 'pieces';
}

export function progressOn(io: Io, options: ProgressOptions): Progress {
  if (io.stderr.isTTY !== true) return { at: () => {}, end: () => {} };
  let nextAt = io.now() + PATIENCE_MS;
  let bar: SingleBar | undefined;
  return {
    at(done, count) {
      const now = io.now();
      if (now < nextAt) return;
      nextAt = now + REDRAW_MS;
      bar ??= startBar(io, options);
      bar.update(done, payloadFor(options, done, count));
    },
    end() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function startBar(io: Io, options: ProgressOptions): SingleBar {
  const format = formatFor(options);
  const bar = new SingleBar(
    {
      stream: io.stderr,
      format,
      barsize: 24,
      clearOnComplete: true,
      linewrap: null,
      // Signals are the command's own business: it ends in order, and takes the bar away itself.
      gracefulExit: false,
      etaBuffer: 50,
    },
    Presets.rect,
  );
  bar.start(options.total, 0, payloadFor(options, 0, 0));
  return bar;
}

function formatFor({ total, unit }: ProgressOptions): string {
  // Pieces are what is counted: once is enough.
  const amount = unit === 'bytes' ? '{done} · {counted}' : '{counted}';
  return total > 0 ? `{label} {bar} {percentage}% · ${amount} · ETA {eta_formatted}` : `{label} ${amount}`;
}

function payloadFor(options: ProgressOptions, done: number, count: number) {
  return {
    label: options.label,
    done: options.unit === 'bytes' ? bytesText(done) : countText(done),
    counted: `${countText(count)} ${options.counted}`,
  };
}
