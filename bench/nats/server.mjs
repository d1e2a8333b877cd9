/** A nats-server for one benchmark: on loopback, on a free port, with JetStream on files in a folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';

export async function startServer(folder) {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder];
  const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
  const child = spawn('nats-server', args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH } });
  let log = '';
  await new Promise((resolve, reject) => {
    child.once('error', () => reject(new Error('There is no nats-server on the PATH: this entry needs one.')));
    child.once('exit', () => reject(new Error(`nats-server ended: ${log}`)));
    child.stderr.on('data', (chunk) => {
      if (log.length < 65_536) log += chunk;
      if (log.includes('Server is ready')) resolve();
    });
  });
  child.removeAllListeners('exit');
  process.on('exit', () => child.kill('SIGKILL'));
  return {
    url: `nats://127.0.0.1:${port}`,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
