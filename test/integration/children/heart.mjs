/** A process with a heartbeat thread: told `block`, its main loop stands still for ever; told `stop`, it says good-bye. */
import { startHeartbeatThread } from '../../../dist/actors/heartbeat.js';
import { systemClock } from '../../../dist/actors/index.js';
import { createSubjects } from '../../../dist/protocol/index.js';

const [, , nats, worker] = process.argv;
const heart = startHeartbeatThread({
  ...{ nats, worker, store: undefined, types: [], beatMs: 20, clock: systemClock, subjects: createSubjects('test') },
  onError: (error) => console.error(error),
});
heart.vitals.note(1, 0, 0);
process.stdin.on('data', async (data) => {
  const word = String(data).trim();
  if (word === 'block') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  if (word === 'exit') process.exit(0);
  if (word !== 'stop') return;
  await heart.stop();
  process.stdin.destroy();
});
