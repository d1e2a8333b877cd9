/** Directories for stores of tests: new, empty, and gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function freshDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'helios-store-'));
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
