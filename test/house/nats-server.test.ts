import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { obtainNatsServer, withFolder } from '../../scripts/nats-server.mjs';
import { SetUpFailed } from '../../scripts/set-up.mjs';
import { makeClone, startNode } from './clone.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'helios-nats-step-'));
  for (const name of ['bin', 'sbin']) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(path: string, script: string): void {
  writeFileSync(join(folder, path), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, path), 0o755);
}

/** An apt-get that notes how it was called, and then does as told. */
function fakeApt(script: string): void {
  program('bin/apt-get', `echo "$*" >> ${folder}/apt.log\ncase "$1" in\n${script}\nesac`);
}

const aptRuns = () =>
  existsSync(join(folder, 'apt.log')) ? readFileSync(join(folder, 'apt.log'), 'utf8').trimEnd().split('\n') : [];
const INSTALL = 'install -y -q --no-install-recommends nats-server';
const installs = () => `echo '#!/bin/sh' > ${folder}/sbin/nats-server; /bin/chmod 755 ${folder}/sbin/nats-server`;

function obtain({ isRoot = true, path = join(folder, 'bin'), deadlineMs = 60_000 } = {}): Promise<string> {
  return obtainNatsServer({ path, isRoot, folders: [join(folder, 'sbin')], deadlineMs });
}

async function refusal(options: Parameters<typeof obtain>[0] = {}): Promise<string> {
  const error: unknown = await obtain(options).catch((reason: unknown) => reason);
  if (!(error instanceof SetUpFailed)) throw new Error('expected a refusal', { cause: error });
  for (const way of ['apt install nats-server', 'brew install nats-server', 'nats-server/releases', 'PATH']) {
    expect(error.message).toContain(way);
  }
  return error.message;
}

describe('the step of npm test that finds a nats-server', () => {
  it('takes the one on the PATH, and asks nobody', async () => {
    fakeApt('*) exit 1;;');
    program('bin/nats-server', '');
    program('sbin/nats-server', '');
    expect(await obtain()).toBe(join(folder, 'bin'));
    expect(aptRuns()).toEqual([]);
  });

  it('takes the one where packages put it, which users do not have on their PATH', async () => {
    fakeApt('*) exit 1;;');
    program('sbin/nats-server', '');
    expect(await obtain({ isRoot: false })).toBe(join(folder, 'sbin'));
    expect(await obtain({ path: '' })).toBe(join(folder, 'sbin'));
    expect(aptRuns()).toEqual([]);
  });

  it('takes no file that can not be run', async () => {
    writeFileSync(join(folder, 'bin/nats-server'), '');
    expect(await refusal()).toContain('no apt-get');
  });

  it('has root install it', async () => {
    fakeApt(`install) ${installs()};;`);
    expect(await obtain()).toBe(join(folder, 'sbin'));
    expect(aptRuns()).toEqual([INSTALL]);
  });

  it('has the lists of packages fetched first where they do not know it', async () => {
    fakeApt(`update) echo lists > ${folder}/lists;;
      install) if test -f ${folder}/lists; then ${installs()}
        else echo 'E: Unable to locate package nats-server' >&2; exit 100; fi;;`);
    expect(await obtain()).toBe(join(folder, 'sbin'));
    expect(aptRuns()).toEqual([INSTALL, 'update -q', INSTALL]);
  });

  it('names the ways to get one where there is no apt-get, or we are not root', async () => {
    expect(await refusal()).toContain('no apt-get');
    fakeApt(`install) ${installs()};;`);
    expect(await refusal({ isRoot: false })).toContain('Only root');
    expect(aptRuns()).toEqual([]);
  });

  it('says what apt-get said when it fails, or fetches no lists', async () => {
    fakeApt('install) echo "E: no space left" >&2; exit 100;;');
    expect(await refusal()).toContain('  E: no space left');
    fakeApt('install) echo "E: Unable to locate package"; exit 100;; update) echo "W: no network"; exit 1;;');
    expect(await refusal()).toContain('  W: no network');
  });

  it('says when apt-get has succeeded and there is still none', async () => {
    fakeApt('install) exit 0;;');
    expect(await refusal()).toContain('in no folder where it was looked for');
  });

  it('does not wait for ever', async () => {
    fakeApt('install) echo begun; exec /bin/sleep 600;;');
    const message = await refusal({ deadlineMs: 200 });
    expect(message).toContain('begun');
    expect(message).toContain('Killed after 0.2 s');
  });

  it('puts it behind what is on the PATH, once', () => {
    expect(withFolder(['/a', '/b'].join(delimiter), '/c')).toBe(['/a', '/b', '/c'].join(delimiter));
    expect(withFolder(['/a', '/b'].join(delimiter), '/a')).toBe(['/a', '/b'].join(delimiter));
    expect(withFolder('', '/c')).toBe('/c');
  });

  it('ends the run with its closing line when there is none', async () => {
    const clone = makeClone();
    try {
      // As on a system whose packages put it nowhere.
      const step = clone.read('scripts/nats-server.mjs').replace(/usualFolders = \[[^\]]*\]/, 'usualFolders = []');
      clone.write('scripts/nats-server.mjs', step);
      const { code, stdout, stderr } = await startNode(['scripts/test.mjs'], clone.folder, { PATH: folder }).ended;
      expect(stderr).toContain('brew install nats-server');
      expect(stdout).toMatch(/^✗ nats-server {7}\d+\.\d s\n0 passed, 1 failed\n$/);
      expect(code).toBe(1);
    } finally {
      clone.remove();
    }
  });
});
