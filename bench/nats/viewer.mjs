/**
 * The inspector with its default sampling, as `helios inspect` runs it, in a process of its own. Told `look`, a viewer
 * opens its stream; told `away`, it leaves, and then nobody looks on.
 *   viewer.mjs <url>
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { startInspector } from '../../dist/serve.js';

const inspector = await startInspector({ nats: process.argv[2], port: 0 });
let viewer = null;
process.on('message', async (word) => {
  if (word === 'look' && viewer === null) {
    viewer = new WebSocket(inspector.url.replace(/^http/, 'ws'));
    viewer.on('message', () => {});
    await once(viewer, 'message');
  } else if (word === 'away' && viewer !== null) {
    viewer.close();
    await once(viewer, 'close');
    viewer = null;
  }
  process.send(word);
});
process.send('ready');
process.once('disconnect', () => process.exit());
