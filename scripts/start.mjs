/**
 * `npm start`: makes the clone ready, then runs the tour in this very process. So arguments, signals and the exit code
 * are the tour's own, and a second start costs no process more.
 */
import './node-version.mjs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { command, root, setUp } from './set-up.mjs';

await command(() => setUp());

const tour = join(root, 'examples', 'tour', 'main.mjs');
process.argv[1] = tour;
await import(pathToFileURL(tour).href);
