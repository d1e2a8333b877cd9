/**
 * Rows of text in aligned columns, without lines around them, so that other programs can cut them as easily as a person
 * reads them. Rows come and go in batches: what is shown is never all in memory, and columns only ever grow.
 */
import { stripVTControlCharacters } from 'node:util';
import type { Output } from '../output.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Rows that are measured and written together. */
const BATCH_ROWS = 200;
const GAP = '  ';
/** Characters that take two columns of a terminal: East Asian wide ones and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
const WIDTHLESS = /\p{Mn}|\p{Me}|\p{Cf}/u;

/** Writes rows as they come. The header is written with the first of them; without rows nothing is. */
export async function writeColumns(
  out: Output,
  columns: readonly Column[],
  rows: AsyncIterable<readonly string[]>,
  header: (text: string) => string,
): Promise<void> {
  const widths = columns.map(({ title }) => displayWidth(title));
  let batch: (readonly string[])[] = [];
  let isFirst = true;
  const write = async () => {
    for (const row of batch) widen(widths, row);
    if (isFirst && batch.length > 0) {
      const titles = columns.map(({ title }) => title);
      await out.line(header(alignedRow(titles, columns, widths)));
    }
    isFirst = false;
    for (const row of batch) await out.line(alignedRow(row, columns, widths));
    batch = [];
  };
  for await (const row of rows) {
    batch.push(row);
    if (batch.length >= BATCH_ROWS) await write();
  }
  await write();
}

function widen(widths: number[], row: readonly string[]): void {
  for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, displayWidth(cell));
}

function alignedRow(cells: readonly string[], columns: readonly Column[], widths: readonly number[]): string {
  const padded = cells.map((cell, at) => {
    const space = ' '.repeat(Math.max(0, (widths[at] ?? 0) - displayWidth(cell)));
    return columns[at]?.align === 'right' ? space + cell : cell + space;
  });
  return padded.join(GAP).trimEnd();
}

/** Columns of a terminal that a text takes, colours not counted. */
export function displayWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  // Printable ASCII, which nearly everything is.
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += WIDTHLESS.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}
