/** Opens a directory as a store and says how that went. With a user id it does so as that user. */
import { directory, openLmdbStore, say } from './child.mjs';

const user = process.argv[3];
if (user !== undefined) process.setuid?.(Number(user));
try {
  const store = openLmdbStore({ directory, create: process.argv[4] !== 'no-create', lockWaitMs: 300 });
  say({ id: store.id });
  await store.close();
} catch (error) {
  say({ code: error.code, message: error.message, details: error.details });
}
