/**
 * The bare relay: two of these pass a request on as it is, and the last one answers with so many bytes. What a call costs
 * when nothing is done but the three hops.
 *   relay.mjs <url> <subject> pass <next subject>
 *   relay.mjs <url> <subject> answer <bytes>
 */
import { connect } from 'nats';

const [url, subject, role, argument] = process.argv.slice(2);
const connection = await connect({ servers: url });
const bytes = role === 'answer' ? Buffer.alloc(Number(argument), 97) : undefined;
connection.subscribe(subject, {
  queue: 'relay',
  callback: (_error, message) => {
    if (bytes === undefined) connection.publish(argument, message.data, { reply: message.reply });
    else message.respond(bytes);
  },
});
await connection.flush();
process.send('ready');
process.once('disconnect', () => process.exit());
