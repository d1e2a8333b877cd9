/** `npm run asyncapi`: writes docs/asyncapi.yaml anew. A test of the suite tells when it is out of date. */
import './node-version.mjs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { command, root, setUp } from './set-up.mjs';

await command(() => setUp());

const { asyncapiText } = await import('./asyncapi-document.mjs');
const built = (/** @type {string} */ path) => import(pathToFileURL(join(root, 'dist', 'protocol', path)).href);
const protocol = { ...(await built('index.js')), fields: await built('messages/fields.js') };
writeFileSync(join(root, 'docs', 'asyncapi.yaml'), asyncapiText(protocol));
