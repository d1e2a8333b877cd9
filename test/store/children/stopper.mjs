/** Takes LMDB's write lock and stops itself with it; after SIGCONT it lets go and ends. */
import { open } from 'lmdb';
import { directory, say } from './child.mjs';

const root = open(directory, { noSubdir: false, keyEncoding: 'binary', encoding: 'binary' });
root.transactionSync(() => {
  say('holding');
  process.kill(process.pid, 'SIGSTOP');
});
await root.close();
say('let go');
