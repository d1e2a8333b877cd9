/** `npm run bench`: makes the clone ready, then runs the benchmarks in this very process. Arguments are theirs. */
import './node-version.mjs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { command, root, setUp } from './set-up.mjs';

await command(() => setUp());

const bench = join(root, 'bench', 'main.mjs');
process.argv[1] = bench;
await import(pathToFileURL(bench).href);
