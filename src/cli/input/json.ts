/** Bytes of JSON text to the value they say, with errors that name file, line and column. */
import { isUtf8 } from 'node:buffer';
import { HeliosError } from '../../protocol/errors.js';
import { findJsonFault } from './jsonFault.js';

/** Characters of the text that an error shows. */
const SHOWN_LENGTH = 20;

/**
 * @param label names the file in errors
 * @param firstLine the line of the file at which the bytes begin
 * @throws HeliosError `INVALID_REQUEST` (details: `file`, `line`, `column`)
 */
export function parseJson(bytes: Buffer, label: string, firstLine = 1): unknown {
  if (!isUtf8(bytes)) throw faultAt(label, firstLine, 1, 'not UTF-8');
  const text = withoutMark(bytes.toString('utf8'));
  try {
    return JSON.parse(text);
  } catch (error) {
    const fault = findJsonFault(text);
    // Two readers of one grammar can't differ; if they do, the engine's own word is better than none.
    if (fault === undefined) throw faultAt(label, firstLine, 1, `not JSON: ${String(error)}`);
    const before = text.slice(0, fault.offset);
    const line = firstLine + countNewlines(before);
    const column = fault.offset - (before.lastIndexOf('\n') + 1) + 1;
    const found = fault.offset === text.length ? 'the text ends' : `found ${shown(text, fault.offset)}`;
    throw faultAt(label, line, column, `not JSON: expected ${fault.expected}, but ${found}`);
  }
}

function faultAt(file: string, line: number, column: number, what: string): HeliosError {
  return new HeliosError('INVALID_REQUEST', `${file}:${line}:${column}: ${what}.`, { details: { file, line, column } });
}

/** Without the byte order mark that some editors put first. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

function shown(text: string, offset: number): string {
  const [line = ''] = text.slice(offset, offset + SHOWN_LENGTH).split('\n');
  return line === '' ? 'the end of the line' : line.trimEnd();
}
