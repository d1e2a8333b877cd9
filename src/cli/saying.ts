/** What commands that serve tell as it happens: a line for a person, or a fact for a program, one JSON object a line. */
import type { Screen } from './io.js';
import { outputTo } from './output.js';

export type Say = (text: string, fact: Readonly<Record<string, unknown>>) => Promise<void>;

export function sayer(stream: Screen, isJson: boolean): Say {
  const out = outputTo(stream);
  return async (text, fact) => {
    await out.line(isJson ? JSON.stringify(fact) : text);
    await out.flush();
  };
}
