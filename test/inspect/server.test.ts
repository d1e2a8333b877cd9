import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { startInspectServer } from '../../src/inspect/server.js';

async function open(host = '127.0.0.1') {
  const opened: WebSocket[] = [];
  const server = await startInspectServer({
    ...{ port: 0, host, hasRoom: () => true, onViewer: (socket: WebSocket) => void opened.push(socket) },
  });
  onTestFinished(() => server.close());
  return { ...server, opened };
}

async function get(port: number, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const sent = request({ host: '127.0.0.1', port, path, headers, method }).end();
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: Number(response.statusCode), headers: response.headers, text };
}

async function upgrade(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url, { headers });
  onTestFinished(() => socket.terminate());
  return new Promise((resolve) => {
    socket.once('open', () => resolve(101));
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.once('error', () => {});
  });
}

describe('the web server', () => {
  it('has a page that needs nothing from anywhere else', async () => {
    const { port } = await open();
    const { status, headers, text } = await get(port, '/');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(text.match(/(src|href)="[^"]*"/g)).toEqual([
      ...['href="data:,"', 'href="/page/style.css"', 'src="/page/main.js"', 'href="/stately"'],
    ]);
    for (const file of ['main.js', 'board.js', 'chart.js', 'stately.js', 'style.css']) {
      const got = await get(port, `/page/${file}?v=1`);
      expect(got.status).toBe(200);
      expect(got.headers['content-type']).toMatch(/^text\/(javascript|css)/);
      expect(got.text).not.toMatch(/@import url|fetch\(|https?:\/\/(?!www\.w3\.org\/2000\/svg|stately\.ai)/);
    }
  });

  it("shows Stately's inspector inside a page of its own, and nowhere else", async () => {
    const { port } = await open();
    const { text, headers } = await get(port, '/stately');
    expect(text).toContain('src="https://stately.ai/inspect"');
    expect(headers['content-security-policy']).toContain('frame-src https://stately.ai;');
    expect((await get(port, '/')).headers['content-security-policy']).not.toContain('frame-src');
  });

  it('has nothing else: no other paths, methods or files', async () => {
    const { port } = await open();
    expect((await get(port, '/page/../server.js')).status).toBe(404);
    expect((await get(port, '/etc/passwd')).status).toBe(404);
    expect((await get(port, '/', {}, 'POST')).status).toBe(405);
    expect(await get(port, '/', {}, 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  it('answers to addresses and localhost, not to a name that somebody points here', async () => {
    const { port } = await open();
    const statusFor = async (host: string) => (await get(port, '/', { host })).status;
    expect(await statusFor(`localhost:${port}`)).toBe(200);
    expect(await statusFor(`[::1]:${port}`)).toBe(200);
    expect(await statusFor('10.1.2.3')).toBe(200);
    expect(await statusFor(`evil.example:${port}`)).toBe(403);
  });

  it('streams to programs and to its own page, not to other pages', async () => {
    const { port, opened } = await open();
    const url = `ws://127.0.0.1:${port}/`;
    expect(await upgrade(url, {})).toBe(101);
    expect(await upgrade(url, { origin: `http://127.0.0.1:${port}` })).toBe(101);
    expect(opened).toHaveLength(2);
    expect(await upgrade(url, { origin: 'https://evil.example' })).toBe(403);
    expect(await upgrade(url, { origin: 'null' })).toBe(403);
    expect(await upgrade(url, { origin: `http://127.0.0.1:${port + 1}` })).toBe(403);
    expect(await upgrade(url, { host: 'evil.example', origin: 'http://evil.example' })).toBe(403);
    expect(opened).toHaveLength(2);
  });

  it('is at the address that it was told, by default for this machine alone', async () => {
    const { url } = await open();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const v6 = await open('::1');
    expect(v6.url).toMatch(/^http:\/\/\[::1\]:\d+\/$/);
    const named = await open('localhost');
    expect(await upgrade(named.url.replace('http', 'ws'), {})).toBe(101);
  });
});
