/**
 * Where texts and bytes are cut: by a rolling hash over the last 32 units, so that a change moves no cut but those next to
 * it. Gear hashing, after FastCDC.
 */
import { mix } from '../digest.js';
import type { Limits } from '../format.js';
import { Stretches } from './stretch.js';

/** Where a stretch ends, and the rolling hash there. */
export interface Cut {
  readonly to: number;
  readonly mark: number;
}

const GEAR = Int32Array.from({ length: 256 }, (_, unit) => mix(unit + 1));

/** The rolling hash with one more unit or byte taken in. */
export function roll(hash: number, unit: number): number {
  return ((hash << 1) + (unit < 256 ? (GEAR[unit] as number) : mix(unit + 1))) | 0;
}

export function cutText(text: string, limits: Limits): Cut[] {
  const cuts: Cut[] = [];
  const stretches = new Stretches(limits, 0, true);
  const { length } = text;
  let hash = 0;
  for (let index = 0; index < length; index++) {
    let unit = text.charCodeAt(index);
    hash = ((hash << 1) + (unit < 256 ? (GEAR[unit] as number) : mix(unit + 1))) | 0;
    let size = 1;
    if ((unit & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      unit = text.charCodeAt(++index);
      hash = ((hash << 1) + mix(unit + 1)) | 0;
      size = 2;
    }
    if (!stretches.take(size, hash) && index < length - 1) continue;
    cuts.push({ to: index + 1, mark: hash >>> 0 });
    hash = 0;
  }
  return cuts;
}

/** @param width bytes of one element: none is cut through */
export function cutBytes(bytes: Uint8Array, width: number, limits: Limits): Cut[] {
  const cuts: Cut[] = [];
  const stretches = new Stretches(limits, 0, true);
  const { length } = bytes;
  let hash = 0;
  for (let index = 0; index < length; ) {
    for (const to = index + width; index < to; index++) {
      hash = ((hash << 1) + (GEAR[bytes[index] as number] as number)) | 0;
    }
    if (!stretches.take(width, hash) && index < length) continue;
    cuts.push({ to: index, mark: hash >>> 0 });
    hash = 0;
  }
  return cuts;
}
