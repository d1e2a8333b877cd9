/**
 * Those who look on, over WebSockets: each gets every event as one text. One that doesn't read fast enough to keep what
 * waits for it below a limit is dropped, and so is one that answers no ping; nobody else waits for it.
 */
import type { WebSocket } from 'ws';

/** Viewers at a time, at most. */
export const VIEWERS_MAX = 32;
/** Bytes that may wait for one viewer, besides what it was told at its beginning. */
export const VIEWER_BUFFER_BYTES_MAX = 1_048_576;
/** Bytes handed to a connection before it has taken those before. */
const IN_FLIGHT_BYTES = 65_536;
/** Texts handed over that are still remembered, at most. */
const FORGET_AFTER = 1_024;
/** Milliseconds that a viewer has to say good-bye. */
const CLOSE_MS = 250;
/** Pings in a row without an answer, after which a viewer is dropped. */
const MISSED_PINGS_MAX = 5;

interface Viewer {
  readonly socket: WebSocket;
  /** What waits, oldest first, from `next` on. */
  waiting: string[];
  next: number;
  waitingBytes: number;
  /** What it was told at its beginning is not held against it. */
  limitBytes: number;
  missedPings: number;
}

export interface ViewersOptions {
  /** Called when there is one viewer less. */
  readonly onGone: () => void;
  readonly onDropped: (reason: string) => void;
}

export class Viewers {
  private readonly all = new Set<Viewer>();
  /** Viewers that were dropped because they were too slow or silent. */
  dropped = 0;

  constructor(private readonly options: ViewersOptions) {}

  get size(): number {
    return this.all.size;
  }

  /** @param beginning what it is told first */
  add(socket: WebSocket, beginning: readonly string[]): void {
    const viewer: Viewer = { socket, waiting: [], next: 0, waitingBytes: 0, limitBytes: 0, missedPings: 0 };
    this.all.add(viewer);
    socket.on('close', () => this.remove(viewer));
    socket.on('error', () => socket.terminate()); // closes it
    socket.on('pong', () => {
      viewer.missedPings = 0;
    });
    for (const text of beginning) viewer.limitBytes += text.length;
    viewer.limitBytes += VIEWER_BUFFER_BYTES_MAX;
    for (const text of beginning) this.give(viewer, text);
  }

  send(text: string): void {
    for (const viewer of this.all) this.give(viewer, text);
  }

  /** Asks each whether it is still there. */
  ping(): void {
    for (const viewer of this.all) {
      if (viewer.missedPings >= MISSED_PINGS_MAX) this.drop(viewer, 'it answers no ping');
      else {
        viewer.missedPings++;
        viewer.socket.ping();
      }
    }
  }

  /** Says good-bye, and waits no longer than `CLOSE_MS` for an answer. */
  async close(): Promise<void> {
    const all = [...this.all];
    this.all.clear();
    await Promise.all(all.map(({ socket }) => closed(socket)));
  }

  private give(viewer: Viewer, text: string): void {
    viewer.waiting.push(text);
    viewer.waitingBytes += text.length;
    if (viewer.waitingBytes + viewer.socket.bufferedAmount > viewer.limitBytes) {
      return this.drop(viewer, `more than ${VIEWER_BUFFER_BYTES_MAX} bytes wait for it`);
    }
    this.pump(viewer);
  }

  /** Hands on what waits, as long as the connection takes it. */
  private readonly pump = (viewer: Viewer): void => {
    const { socket } = viewer;
    while (viewer.next < viewer.waiting.length && socket.bufferedAmount < IN_FLIGHT_BYTES) {
      const text = viewer.waiting[viewer.next++] ?? '';
      viewer.waitingBytes -= text.length;
      socket.send(text, (error) => {
        if (error === undefined || error === null) this.pump(viewer);
      });
    }
    if (viewer.next === viewer.waiting.length) viewer.limitBytes = VIEWER_BUFFER_BYTES_MAX;
    if (viewer.next > FORGET_AFTER || viewer.next === viewer.waiting.length) {
      viewer.waiting = viewer.waiting.slice(viewer.next);
      viewer.next = 0;
    }
  };

  private drop(viewer: Viewer, reason: string): void {
    this.dropped++;
    this.options.onDropped(reason);
    viewer.socket.terminate();
    this.remove(viewer);
  }

  private remove(viewer: Viewer): void {
    viewer.waiting = [];
    viewer.next = 0;
    if (this.all.delete(viewer)) this.options.onGone();
  }
}

function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), CLOSE_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.close(1001, 'The inspector ends.');
  });
}
