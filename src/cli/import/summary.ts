/** What an import came to, for a person and for a program. */
import { HeliosError } from '../../protocol/errors.js';
import { Interrupt } from '../io.js';
import { jsonText } from '../jsonText.js';
import type { Colours } from '../screen/colours.js';
import { bytesText, countText, durationText, shareText } from '../screen/units.js';
import type { IntakeCounts } from './intake.js';

export interface Summary extends IntakeCounts {
  /** Values read, those that were skipped not counted. */
  readonly values: number;
  /** Values passed over because something was wrong with them. */
  readonly skipped: number;
  /** Bytes of text read. */
  readonly inputBytes: number;
  /** Bytes that the store has grown by, versions' own records included. */
  readonly storedBytes: number;
  readonly durationMs: number;
}

/** One JSON document. What ended the import too early stands in it as `error` or `interrupted`. */
export function summaryJson(summary: Summary, ended: unknown): string {
  return jsonText({
    ...summary,
    shareSaved: shareSaved(summary.logicalBytes, summary.storedBytes),
    ...endedJson(ended),
  });
}

export function summaryText(summary: Summary, ended: unknown, colours: Colours): string {
  const { values, objects, versions, unchanged, skipped, inputBytes, logicalBytes, storedBytes } = summary;
  const lines: [string, string][] = [
    ['Values read', `${countText(values)} (${bytesText(inputBytes)} of JSON)`],
    ['New objects', countText(objects)],
    ['New versions', countText(versions)],
    ['Unchanged', countText(unchanged)],
    ...(skipped > 0 ? ([['Skipped', colours.yellow(countText(skipped))]] as [string, string][]) : []),
    ['Logical bytes', bytesText(logicalBytes)],
    ['Stored bytes', bytesText(storedBytes)],
    ['Share saved', shareText(shareSaved(summary.logicalBytes, summary.storedBytes))],
    ['Time', durationText(summary.durationMs * 1000)],
  ];
  return drawn(lines, ended, colours);
}

/** @param lines labels with what they are */
export function drawn(lines: readonly (readonly [string, string])[], ended: unknown, colours: Colours): string {
  const width = Math.max(...lines.map(([label]) => label.length));
  const text = lines.map(([label, said]) => `${colours.bold(label.padEnd(width))}  ${said}`);
  if (ended !== undefined) text.push(colours.yellow('Ended early: what was imported until then stays.'));
  return text.join('\n');
}

/** The part of the bytes that needn't be stored, 0 to 1. Many tiny objects may save nothing at all. */
export function shareSaved(bytes: number, storedBytes: number): number {
  return bytes === 0 ? 0 : Math.max(0, 1 - storedBytes / bytes);
}

export function endedJson(ended: unknown): Record<string, unknown> {
  if (ended === undefined) return {};
  if (ended instanceof Interrupt) return { interrupted: ended.by };
  const { code, message } = HeliosError.from(ended);
  return { error: { code, message } };
}
