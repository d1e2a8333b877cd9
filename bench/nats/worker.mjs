/**
 * The bare durable worker: pulls requests, publishes an event of so many bytes for each, waits until that is stored, and
 * acknowledges. No outcome, no second look, no retries.
 *   worker.mjs <url> <stream> <durable> <event subject> <bytes>
 */
import { connect } from 'nats';

const [url, stream, durable, eventSubject, size] = process.argv.slice(2);
const connection = await connect({ servers: url });
const js = connection.jetstream();
const consumer = await js.consumers.get(stream, durable);
const body = Buffer.alloc(Number(size), 97);
await consumer.consume({
  max_messages: 500,
  callback: (message) => {
    const id = message.subject.split('.').at(-1);
    js.publish(`${eventSubject}.${id}`, body).then(
      () => message.ack(),
      () => message.nak(),
    );
  },
});
process.send('ready');
process.once('disconnect', () => process.exit());
