/** Names on stderr what an import passes over: the first of them, for a file may be full of it. */
import type { HeliosError } from '../../protocol/errors.js';
import { sayError } from '../exit.js';
import type { Io } from '../io.js';
import type { Progress } from '../screen/progress.js';

/** Skipped values that are named; the rest are counted. */
const SKIPS_NAMED = 20;

export class SkipsTold {
  private told = 0;

  constructor(
    private readonly progress: Progress,
    private readonly io: Io,
  ) {}

  tell(error: HeliosError): void {
    if (this.told++ >= SKIPS_NAMED) return;
    this.progress.end(); // the line would be written into the bar
    sayError(error, this.io, 'skipped ');
  }
}
