/** Reads the project's Markdown as far as tests of what it says need it. Knows headings, fences, tables and links alone. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../house/clone.js';

export const documents: readonly string[] = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'examples/langgraph-agent/README.md'],
  ...readdirSync(join(projectRoot, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

export function readDocument(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** The texts between fences of one language. */
export function fenced(markdown: string, language: string): readonly string[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , text]) => text ?? '');
}

/** What stands under a heading, up to the next one of its level or above. */
export function section(markdown: string, title: string): string {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => levelOf(line) > 0 && line.replace(/^#+ /, '') === title);
  if (start === -1) throw new Error(`There is no heading "${title}".`);
  const level = levelOf(lines[start] ?? '');
  const length = lines.slice(start + 1).findIndex((line) => levelOf(line) > 0 && levelOf(line) <= level);
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join('\n');
}

/** The rows of the table that has this column first, without its head: cells without the marks around code. */
export function tableRows(markdown: string, firstColumn: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n');
  const head = lines.findIndex((line) => cellsOf(line)[0] === firstColumn);
  if (head === -1) throw new Error(`There is no table with the first column "${firstColumn}".`);
  const rows = lines.slice(head + 2);
  const length = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, length === -1 ? undefined : length).map(cellsOf);
}

/** As GitHub makes them of headings. */
export function anchors(markdown: string): readonly string[] {
  return withoutFences(markdown)
    .split('\n')
    .filter((line) => levelOf(line) > 0)
    .map((line) => line.replace(/^#+ /, '').toLowerCase())
    .map((title) => title.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}

export function withoutFences(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, '');
}

function levelOf(line: string): number {
  return /^(#+) /.exec(line)?.[1]?.length ?? 0;
}

function cellsOf(line: string): readonly string[] {
  if (!line.startsWith('|')) return [];
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'));
}
