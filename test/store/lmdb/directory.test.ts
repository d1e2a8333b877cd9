import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FORMAT, openLmdbStore } from '../../../src/store/index.js';
import { startChild } from '../children.js';
import { freshDirectory, removeDirectory } from '../directories.js';

const isRoot = process.getuid?.() === 0;
/** Somebody who owns nothing, for what the superuser may do anyway. */
const NOBODY = '65534';

let base: string;
beforeEach(() => {
  base = freshDirectory();
});
afterEach(() => removeDirectory(base));

/** Everything about a path and what lies below it that opening could change. */
function picture(path: string): unknown {
  const { mode, size, mtimeNs, ino } = lstatSync(path, { bigint: true });
  const isDirectory = lstatSync(path).isDirectory();
  const content = isDirectory
    ? readdirSync(path).map((name) => [name, picture(join(path, name))])
    : readFileSync(path).toString('base64');
  return { mode, size, mtimeNs, ino, content };
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

function expectRefusal(directory: string, why: RegExp, options: { create?: boolean } = {}): void {
  const before = picture(base);
  expect(() => openLmdbStore({ directory, ...options })).toThrow(
    expect.objectContaining({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(why),
      details: expect.objectContaining({ directory }),
    }),
  );
  expect(picture(base)).toEqual(before);
}

async function makeStore(directory: string): Promise<string> {
  const store = openLmdbStore({ directory });
  await store.close();
  return store.id;
}

describe('a directory that is not there', () => {
  it('is made, with the ones above it, for its owner alone', async () => {
    const umask = process.umask(0);
    try {
      const directory = join(base, 'a', 'b');
      const store = openLmdbStore({ directory });
      await store.blocks.put(new Map());
      expect(modeOf(directory)).toBe('700');
      expect(readdirSync(directory).sort()).toEqual(['data.mdb', 'helios.json', 'lock.mdb']);
      for (const file of readdirSync(directory)) expect(modeOf(join(directory, file))).toBe('600');
      await store.close();
    } finally {
      process.umask(umask);
    }
  });

  it('is not made when the caller says so', () => {
    expectRefusal(join(base, 'none'), /does not exist/, { create: false });
  });

  it('below a file cannot be made', () => {
    writeFileSync(join(base, 'file'), 'text');
    expectRefusal(join(base, 'file', 'store'), /one of the names before it is a file/);
  });

  it('where nobody may make one cannot be made', async () => {
    chmodSync(base, isRoot ? 0o755 : 0o555);
    const directory = join(base, 'store');
    const before = picture(base);
    const child = startChild('open', [directory, ...(isRoot ? [NOBODY] : [])]);
    expect(await child.next()).toMatchObject({ code: 'INVALID_REQUEST', details: { directory } });
    expect(picture(base)).toEqual(before);
    chmodSync(base, 0o700);
  });
});

describe('an empty directory', () => {
  it('becomes a store and keeps its mode', async () => {
    const directory = join(base, 'store');
    mkdirSync(directory);
    chmodSync(directory, 0o750);
    await makeStore(directory);
    expect(modeOf(directory)).toBe('750');
  });

  it('does not when the caller says so', () => {
    const directory = join(base, 'store');
    mkdirSync(directory);
    expectRefusal(directory, /holds no store/, { create: false });
  });
});

describe('a store', () => {
  it('has the same id whenever it is opened', async () => {
    const id = await makeStore(base);
    expect(await makeStore(base)).toBe(id);
    expect(JSON.parse(readFileSync(join(base, 'helios.json'), 'utf8'))).toEqual({
      helios: 'store',
      format: FORMAT,
      id,
    });
  });

  it('made by several processes at once is one store', async () => {
    const directory = join(base, 'store');
    const children = Array.from({ length: 4 }, () => startChild('open', [directory]));
    const said = await Promise.all(children.map((child) => child.next()));
    const id = await makeStore(directory);
    expect(said).toEqual(children.map(() => ({ id })));
    expect(readdirSync(directory).sort()).toEqual(['data.mdb', 'helios.json', 'lock.mdb']);
  });

  it('whose maker died before it was ever opened is opened', async () => {
    const id = await makeStore(base);
    rmSync(join(base, 'data.mdb'));
    rmSync(join(base, 'lock.mdb'));
    expect(await makeStore(base)).toBe(id);
  });

  it('whose maker died while it wrote the marker is made', async () => {
    writeFileSync(join(base, 'helios.json.0123'), '{"hel');
    await makeStore(base);
    expect(existsSync(join(base, 'helios.json'))).toBe(true);
  });

  it('of another format is refused by its number', async () => {
    const id = await makeStore(base);
    writeFileSync(join(base, 'helios.json'), JSON.stringify({ helios: 'store', format: 7, id }));
    expectRefusal(base, /format 7.*format 1/);
  });

  it.each([
    ['no JSON', '{"helios": "sto'],
    ['nothing', ''],
    ["another program's", '{"name": "x"}'],
    ['no object', '7'],
    ['without an id', '{"helios": "store", "format": 1}'],
  ])('with a marker that is %s is refused', async (_, marker) => {
    await makeStore(base);
    writeFileSync(join(base, 'helios.json'), marker);
    expectRefusal(base, /helios\.json/);
  });

  it('without a format is refused', async () => {
    await makeStore(base);
    writeFileSync(join(base, 'helios.json'), '{"helios": "store", "id": "x"}');
    expectRefusal(base, /format/);
  });

  it('whose data are something else is refused', async () => {
    await makeStore(base);
    writeFileSync(join(base, 'data.mdb'), 'SQLite format 3\u0000 and so on, for long enough to hold a magic number');
    expectRefusal(base, /data\.mdb is not an LMDB file/);
  });

  it.each([
    ['of another version', 28],
    ['with a damaged start', 48],
  ])('whose data are %s is refused', async (_, at) => {
    await makeStore(base);
    const data = readFileSync(join(base, 'data.mdb'));
    data.fill(0, at, at + 4);
    writeFileSync(join(base, 'data.mdb'), data);
    expectRefusal(base, /another version, or a damaged one/);
  });

  it.each([100, 4_096, 8_192])('whose data were cut off after %d bytes is refused', async (bytes) => {
    await makeStore(base);
    truncateSync(join(base, 'data.mdb'), bytes);
    expectRefusal(base, /was cut off/);
  });

  it('that may not be read, or written, is refused', async () => {
    const directory = join(base, 'store');
    await makeStore(directory);
    chmodSync(base, 0o755);
    const user = isRoot ? [NOBODY] : [];
    const attempts: [path: string, mode: number][] = [
      [directory, isRoot ? 0o700 : 0o000],
      [join(directory, 'helios.json'), isRoot ? 0o600 : 0o000],
      [directory, isRoot ? 0o755 : 0o555],
      [join(directory, 'data.mdb'), isRoot ? 0o644 : 0o444],
    ];
    for (const [path, mode] of attempts) {
      if (isRoot) chmodSync(directory, path === directory ? mode : 0o777);
      if (isRoot) chmodSync(join(directory, 'helios.json'), path.endsWith('.json') ? mode : 0o644);
      if (!isRoot || path !== directory) chmodSync(path, mode);
      const child = startChild('open', [directory, ...user]);
      expect(await child.next()).toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringMatching(/permission denied/),
        details: { directory },
      });
      if (!isRoot) chmodSync(path, path === directory ? 0o700 : 0o600);
    }
  });
});

describe('a path that is something else', () => {
  it('is refused if it is a file', () => {
    writeFileSync(join(base, 'file'), 'text');
    expectRefusal(join(base, 'file'), /is a file; a store is a directory/);
  });

  it('is refused if it holds other files, naming some', () => {
    for (const name of ['a.txt', 'b.txt', 'c.txt', 'd.txt']) writeFileSync(join(base, name), name);
    expectRefusal(base, /holds other files \(a\.txt, b\.txt, c\.txt, …\)/);
  });

  it("is refused if it is another program's LMDB", async () => {
    await makeStore(base);
    rmSync(join(base, 'helios.json'));
    expectRefusal(base, /holds other files \(data\.mdb, lock\.mdb\)/);
  });
});
