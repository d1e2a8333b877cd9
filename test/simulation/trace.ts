/** What happens in a simulation as lines that a person can read, and as one hash, by which two runs are compared. */
import { createHash } from 'node:crypto';
import type { Passage } from '../../src/bus/simulated/bus.js';
import type { JournalPassage } from '../../src/bus/simulated/journal.js';

export interface Trace {
  /** Something that the script or the simulation does. */
  say(text: string): void;
  passage(passage: Passage | JournalPassage): void;
  /** Of all lines so far. */
  digest(): string;
}

const SHOWN = ['id', 'object', 'state', 'attempt', 'worker', 'level', 'beat', 'inHand', 'sequence', 'delivered', 'key'];
const ROOT_DIGITS = 8;

/**
 * @param now milliseconds of the simulation
 * @param print takes each line; without it, lines are only hashed
 */
export function createTrace(now: () => number, print?: (line: string) => void): Trace {
  const hash = createHash('sha256');
  const say = (text: string) => {
    const line = `${now().toFixed(3).padStart(11)}  ${text}`;
    hash.update(`${line}\n`);
    print?.(line);
  };
  return {
    say,
    passage(passage) {
      if ('call' in passage) {
        const { what, process, call, about } = passage;
        return say(`${process} journal ${what === 'asked' ? '' : `${what} `}${call} ${shortly(about)}`);
      }
      const { what, from, to, message } = passage;
      const status = message.headers?.Status === undefined ? '' : ` ${message.headers.Status}`;
      say(
        `${from} → ${to} ${what === 'arrived' ? '' : `(${what}) `}${message.subject}${status} ${shortly(message.body)}`,
      );
    },
    digest: () => hash.copy().digest('hex'),
  };
}

/** The fields that tell what it is about. */
function shortly(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const said: string[] = [];
  for (const field of SHOWN) {
    const value: unknown = Reflect.get(body, field);
    if (typeof value === 'string' || typeof value === 'number') said.push(`${field}=${value}`);
  }
  const root: unknown = Reflect.get(body, 'root');
  if (typeof root === 'string') said.push(`root=${root.slice(0, ROOT_DIGITS)}`);
  const code: unknown = Reflect.get(Object(Reflect.get(body, 'error')), 'code');
  if (typeof code === 'string') said.push(`error=${code}`);
  return said.join(' ');
}
