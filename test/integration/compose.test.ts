/**
 * docker-compose.yml without Docker: what each service runs, with the environment and ports that the file gives it, as
 * processes of this machine. Host names become loopback, volumes folders, published ports free ones.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Helios } from '../../src/index.js';
import { folderWith } from '../cli/terminal.js';
import { buildOnce, type HeliosProcess, startProcess } from '../cluster.js';
import { freePort, startServer } from '../natsServer.js';

interface Service {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly pid?: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const compose: {
  readonly services: Readonly<Record<'nats' | 'helios' | 'worker', Service>>;
  readonly volumes: object;
} = parse(read('docker-compose.yml'));
const { nats, helios, worker } = compose.services;

const ends: (() => unknown)[] = [];
beforeAll(buildOnce);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A service of the file as a process. */
function run({ command, environment = {} }: Service, cwd: string, translate: (text: string) => string): HeliosProcess {
  const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, translate(value)]));
  const [name = '', ...args] = command.map(translate);
  const started = startProcess([name, '--json', ...args], { cwd, env });
  ends.push(() => started.end('SIGKILL'));
  return started;
}

/** The port of this machine that a service publishes for one of its own. */
function published({ ports = [] }: Service, own: number): number {
  const found = ports.map((port) => port.split(':')).find((parts) => Number(parts.at(-1)) === own);
  return Number(found?.at(-2));
}

it('runs NATS with JetStream, a supervisor with the inspector, and workers that share a store', async () => {
  const folder = folderWith();
  const data = join(folder, 'data');
  const store = join(folder, 'store');
  const cwd = join(folder, 'work');
  for (const one of [data, store, cwd]) mkdirSync(one);
  const [port, healthPort, pagePort] = [await freePort(), await freePort(), await freePort()];

  // The ports of the file are those that its services speak of.
  expect(published(nats, 4222)).toBe(4222);
  expect(published(helios, Number(helios.command[helios.command.indexOf('--inspect') + 1]))).toBe(8080);

  const [, mounted = ''] = nats.command;
  const conf =
    (nats.volumes ?? []).map((volume) => volume.split(':')).find(([, inside]) => inside === mounted)?.[0] ?? '';
  const config = read(conf);
  expect(config).toMatch(/sync_interval: always/);
  const [, major, minor] = /v(\d+)\.(\d+)/.exec(execFileSync('nats-server', ['-v'], { encoding: 'utf8' })) ?? [];
  const isOld = Number(major) < 2 || (Number(major) === 2 && Number(minor) < 10);
  const file = join(folder, 'nats.conf');
  const translated = config
    .replace('port: 4222', `listen: 127.0.0.1:${port}`)
    .replace('http_port: 8222', `http: 127.0.0.1:${healthPort}`)
    .replace('/data', data)
    .replace(isOld ? /^\s*sync_interval:.*$/m : /$^/, '');
  writeFileSync(file, translated);
  const server = await startServer(file);
  ends.push(async () => {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  });
  const health = nats.healthcheck?.test.at(-1) ?? '';
  expect((await fetch(health.replace(':8222', `:${healthPort}`))).status).toBe(200);

  const translate = (text: string) =>
    text
      .replace('nats:4222', `127.0.0.1:${port}`)
      .replace(/^\/store$/, store)
      .replace(/^8080$/, String(pagePort));
  const up = run(helios, cwd, translate);
  await up.until(({ state }) => state === 'up');
  const workers = [run(worker, cwd, translate), run(worker, cwd, translate)];
  for (const one of workers) await one.until(({ state }) => state === 'ready');

  const own = await Helios.open({ store });
  await own.create('record', { hp: 10 }).save('agents/7');
  await own.close();
  const client = await Helios.connect({ nats: `nats://127.0.0.1:${port}` });
  const submission = await client.submit('agents/7');
  expect(await submission.outcome()).toMatchObject({ state: 'materialized', object: 'agents/7' });
  expect((await client.request('agents/7').result).value).toEqual({ hp: 10 });
  await client.close();
  expect((await fetch(`http://127.0.0.1:${pagePort}/`)).status).toBe(200);

  // `docker stop`: each ends by itself, in good order, in the time that it has.
  for (const one of [...workers, up]) expect(await one.end('SIGTERM')).toBe(0);
}, 60_000);

it('is made of what is there', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
    paths.split(' '),
  );
  expect(copied.length).toBeGreaterThan(3);
  const allowed = read('.dockerignore').split('\n');
  for (const path of copied) {
    expect(existsSync(join(ROOT, path)), path).toBe(true);
    expect(allowed).toContain(`!${path.replace(/^\.\//, '')}`);
  }
  const { bin } = JSON.parse(read('package.json'));
  expect(read('Dockerfile')).toContain(`/app/${bin.helios.replace(/^\.\//, '')}`);
  // Workers open one directory together: each must see whether the others live.
  expect(worker.pid).toBe('service:helios');
  const named = Object.keys(compose.volumes);
  for (const { volumes = [] } of Object.values(compose.services)) {
    for (const volume of volumes) {
      const [from = ''] = volume.split(':');
      expect(from.startsWith('./') ? existsSync(join(ROOT, from)) : named.includes(from), volume).toBe(true);
    }
  }
});
