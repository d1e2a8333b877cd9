/**
 * Where a tour is seen: lines on stdout, a progress bar on stderr while it works, never both at once in a terminal. It
 * also hears whether the person has had enough: a step pauses every so often, and a pause ends an interrupted tour.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Io } from '../io.js';
import { outputTo } from '../output.js';
import { type Colours, coloursFor } from '../screen/colours.js';
import { progressOn } from '../screen/progress.js';
import type { ProvenClaim } from './checks.js';

export interface Stage {
  readonly colours: Colours;
  /** Writes a line. The progress bar, if there is one, is gone before. */
  say(line?: string): Promise<void>;
  /** Says of each claim whether it held, and if not, why. */
  judge(...claims: readonly ProvenClaim[]): Promise<void>;
  /** Goes on with the next task: `label` says what is done, `counted` what is counted until `total`. */
  begin(label: string, counted: string, total: number): void;
  /** One more done. */
  tick(): void;
  /**
   * Lets the event loop come round, so that signals are heard and actors do what they do.
   * @throws the reason, when the tour is to end
   */
  pause(): Promise<void>;
  /** Takes the progress bar away. Idempotent. */
  end(): void;
}

/** A quiet stage says no line: for `--json`. */
export function stageOn(io: Io, options: { readonly isQuiet: boolean }): Stage {
  const out = outputTo(io.stdout);
  const colours = coloursFor(io.stdout, io.env);
  let progress = progressOn(io, { label: '', counted: '', total: 0, unit: 'pieces' });
  let done = 0;
  const say = async (line = '') => {
    progress.end();
    if (options.isQuiet) return;
    await out.line(line);
    await out.flush();
  };
  return {
    colours,
    say,
    async judge(...claims) {
      for (const { text, reason } of claims) {
        if (reason === null) await say(`  ${colours.green('✓')} ${text}`);
        else await say(`  ${colours.red('✗')} ${text}: ${colours.red(reason)}`);
      }
    },
    begin(label, counted, total) {
      progress.end();
      done = 0;
      progress = progressOn(io, { label, counted, total, unit: 'pieces' });
    },
    tick() {
      done++;
      progress.at(done, done);
    },
    async pause() {
      await nextTurn();
      io.signal.throwIfAborted();
    },
    end: () => progress.end(),
  };
}
