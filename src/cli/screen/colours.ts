/** Colours for one stream: real ones on a terminal, plain text everywhere else and where NO_COLOR asks for it. */
import picocolors from 'picocolors';
import type { Screen } from '../io.js';

export type Colours = ReturnType<typeof picocolors.createColors>;

export function coloursFor(stream: Screen, env: Readonly<Record<string, string | undefined>>): Colours {
  const isWanted = stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  return picocolors.createColors(isWanted);
}
