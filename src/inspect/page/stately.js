/**
 * Hands the stream on to Stately's inspector, which this page shows inside: it says that it is there, and takes each
 * event as a message to its window. As @statelyai/inspect's own server does it.
 */
const STATELY_ORIGIN = 'https://stately.ai';
/** Events that wait until Stately's inspector is there, at most: then the oldest go. */
const WAITING_MAX = 20_000;
/** Milliseconds before it connects again. */
const AGAIN_MS = 1_000;

const frame = /** @type {HTMLIFrameElement} */ (document.getElementById('stately'));
const note = document.getElementById('note');
/** @type {unknown[]} */
let waiting = [];
let isThere = false;

window.addEventListener('message', ({ data, origin, source }) => {
  if (origin !== STATELY_ORIGIN || source !== frame.contentWindow || data?.type !== '@statelyai.connected') return;
  isThere = true;
  note?.remove();
  for (const event of waiting) post(event);
  waiting = [];
});

function post(/** @type {unknown} */ event) {
  frame.contentWindow?.postMessage(event, STATELY_ORIGIN);
}

function connect() {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/`);
  socket.addEventListener('message', ({ data }) => {
    const event = JSON.parse(data);
    if (isThere) return post(event);
    waiting.push(event);
    if (waiting.length > WAITING_MAX) waiting.shift();
  });
  socket.addEventListener('close', () => setTimeout(connect, AGAIN_MS));
}

connect();
