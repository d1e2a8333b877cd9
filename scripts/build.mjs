/** `npm run build`: compiles src/ to dist/ anew, whether or not anything changed. */
import './node-version.mjs';
import { command, setUp } from './set-up.mjs';

await command(() => setUp({ rebuild: true }));
