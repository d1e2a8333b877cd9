/**
 * The web server of the inspector: its page, and the stream of events to whoever opens a WebSocket. Only for this
 * machine by default, and in any case not for other pages that a browser has open: a request must name the server by an
 * address (a name could be anybody's who points it here), and a WebSocket from a browser must come from this very page.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { HeliosError } from '../protocol/errors.js';
import { PAGE, STATELY_PAGE } from './page/markup.js';
import { STYLE } from './page/style.js';

export const DEFAULT_INSPECT_PORT = 8_080;
export const LOOPBACK = '127.0.0.1';

/** Bytes of a message from a viewer: they have nothing to say. */
const VIEWER_MESSAGE_BYTES_MAX = 1_024;
/** Where Stately's inspector is. */
const STATELY_ORIGIN = 'https://stately.ai';

export interface InspectServer {
  readonly port: number;
  /** Of the page; with `ws:` in place of `http:`, of the stream. */
  readonly url: string;
  close(): Promise<void>;
}

export interface InspectServerOptions {
  /** 0 takes any free one. */
  readonly port: number;
  /** The address to listen on, or its name. */
  readonly host: string;
  /** Whether one more may look on. */
  readonly hasRoom: () => boolean;
  readonly onViewer: (socket: WebSocket) => void;
}

/** @throws HeliosError `UNAVAILABLE` when the port is taken, or the address is not this machine's */
export async function startInspectServer(options: InspectServerOptions): Promise<InspectServer> {
  const { port, host, hasRoom, onViewer } = options;
  const files = readFiles();
  const server = createServer((request, response) => answer(request, response, files, host));
  const sockets = new WebSocketServer({
    ...{ noServer: true, maxPayload: VIEWER_MESSAGE_BYTES_MAX, perMessageDeflate: false },
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (!isNamedByAddress(request, host) || !isFromHere(request)) return refuse(socket, 403, 'Forbidden');
    if (!hasRoom()) return refuse(socket, 503, 'Service Unavailable');
    sockets.handleUpgrade(request, socket, head, onViewer);
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw unavailable(error, host, port);
  }
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  const shown = isIP(host) === 6 ? `[${host}]` : host;
  return {
    port: taken,
    url: `http://${shown}:${taken}/`,
    close: async () => {
      sockets.close();
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

interface File {
  readonly type: string;
  readonly text: string;
  /** Whether it shows Stately's inspector inside. */
  readonly isBridge?: true;
}

/** Read once, so that no path of a request ever reaches the disk. */
function readFiles(): ReadonlyMap<string, File> {
  const script = (name: string): [string, File] => {
    const text = readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');
    return [`/page/${name}`, { type: 'text/javascript', text }];
  };
  return new Map<string, File>([
    ['/', { type: 'text/html', text: PAGE }],
    ['/stately', { type: 'text/html', text: STATELY_PAGE, isBridge: true }],
    ['/page/style.css', { type: 'text/css', text: STYLE }],
    ...['main.js', 'chart.js', 'board.js', 'stately.js'].map(script),
  ]);
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, File>,
  host: string,
): void {
  if (!isNamedByAddress(request, host)) return say(response, 403, 'Name this server by its address or as localhost.');
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(response, 405, 'There is only GET here.');
  const [path = '/'] = (request.url ?? '/').split('?');
  const file = files.get(path);
  if (file === undefined) return say(response, 404, 'There is no such page. The inspector is at /');
  const frames = file.isBridge ? `frame-src ${STATELY_ORIGIN};` : '';
  const stream = `connect-src 'self' ws://${request.headers.host} wss://${request.headers.host};`;
  response.writeHead(200, {
    'Content-Type': `${file.type}; charset=utf-8`,
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; ${stream} ${frames} base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : file.text);
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

function refuse(socket: Duplex, status: number, reason: string): void {
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** An attacker's name can be made to lead here; an address, `localhost`, or the name that we listen on can't. */
function isNamedByAddress({ headers }: IncomingMessage, host: string): boolean {
  const name = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  const address = /^\[(.*)\]$/.exec(name)?.[1] ?? name;
  return address === 'localhost' || address === host.toLowerCase() || isIP(address) !== 0;
}

/** Browsers always say where a WebSocket comes from; other programs needn't. */
function isFromHere({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

function unavailable(error: unknown, host: string, port: number): HeliosError {
  const code: unknown = Reflect.get(Object(error), 'code');
  const why = code === 'EADDRINUSE' ? 'is taken' : `can't be listened on (${String(code)})`;
  const message = `Port ${port} of ${host} ${why}. Choose another one with --port, or 0 for any that is free.`;
  return new HeliosError('UNAVAILABLE', message, { cause: error, details: { host, port } });
}
