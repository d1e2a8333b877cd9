/** What tests of whole stores share: objects that are split over many blocks, and what a verification finds. */
import type { Helios, Value, VerifyFinding } from '../src/index.js';

/** Another object for another seed; of 200 entries and more it is split. */
export function big(seed: number, entries = 200): Record<string, Value> {
  return Object.fromEntries(
    Array.from({ length: entries }, (_, index) => [`key ${index}`, `${seed} ${index} `.repeat(8)]),
  );
}

export async function findingsOf(helios: Helios): Promise<readonly VerifyFinding[]> {
  const all: VerifyFinding[] = [];
  for await (const finding of helios.verify()) all.push(finding);
  return all;
}
