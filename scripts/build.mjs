/**
 * `npm run build`: compiles src/ to dist/ anew, whether or not anything changed; with `--if-needed` only if something
 * did.
 */
import './node-version.mjs';
import { command, setUp } from './set-up.mjs';

await command(() => setUp({ rebuild: !process.argv.includes('--if-needed') }));
