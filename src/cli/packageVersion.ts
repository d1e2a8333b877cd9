/** The version of this package, as its package.json says. */
import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  // src/cli and dist/cli lie equally deep below package.json.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '?';
}
