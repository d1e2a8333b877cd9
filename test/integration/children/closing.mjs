// Does what a program does with Helios over NATS, closes, and must then end by itself: nothing here calls exit.
import { Helios } from '../../../dist/index.js';

const [, , nats, store] = process.argv;
const way = store === undefined ? await Helios.connect({ nats }) : await Helios.open({ store, nats });
const { value } = await way.request('agents/7').result;
const events = way.events({ state: 'failed' });
const reading = events[Symbol.asyncIterator]().next();
const submission = await way.submit('agents/7', { ttlMs: 60_000 });
const waiting = submission.outcome().catch((error) => error);
const cut = way.request('agents/7', { timeoutMs: 60_000, signal: new AbortController().signal });
await way.close({ drainMs: 0 });
const [{ done }, ended] = [await reading, await waiting];
console.log(JSON.stringify({ value, done, ended: ended.code ?? ended.state, cut: cut.state }));
