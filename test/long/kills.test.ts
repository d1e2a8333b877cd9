/** The kill rounds of `npm test` four times as long, with as many kills more. */
import { it } from 'vitest';
import { folderWith } from '../cli/terminal.js';
import { buildOnce } from '../cluster.js';
import { expectNothingLost, runKillRounds } from '../integration/killRounds.js';
import { startNatsServer } from '../natsServer.js';

it('kill rounds lose nothing and do nothing twice, two thousand requests long', async () => {
  buildOnce();
  const server = await startNatsServer();
  try {
    const rounds = { count: 2_000, kills: 24, unacknowledged: 100 };
    expectNothingLost(await runKillRounds(server, folderWith(), rounds), rounds);
  } finally {
    await server.stop();
  }
});
