/**
 * The inspector's page: draws the board a few times a second, whatever comes in meanwhile. Everything that comes from
 * outside is set as text, never as markup.
 */
import { createBoard } from './board.js';
import { BOX, layOut } from './chart.js';

/** @typedef {import('./board.js').Actor} Actor */
/** @typedef {import('./board.js').Process} Process */

/** Milliseconds between two drawings, and before it connects again. */
const DRAW_MS = 250;
const AGAIN_MS = 1_000;
/** Requests and feed lines on the page. */
const ROWS_MAX = 40;
/** Characters of data that stand on one line. */
const SHORT_TEXT = 72;

const TONES = {
  good: ['materialized', 'ready', 'running', 'steady', 'normal', 'alive'],
  busy: ['pending', 'queued', 'restoring', 'starting', 'adapting', 'draining', 'elevated', 'suspect'],
  bad: ['failed', 'expired', 'critical', 'high', 'gone', 'stuck'],
};
/** What of an actor's context is worth a place on its card. */
const FIGURES = ['queued', 'dispatched', 'running', 'done', 'finished', 'failed', 'score', 'missed'];

let board = createBoard();
let isPaused = false;
let isConnected = false;
let isChanged = true;
/** @type {string | null} */
let selected = null;
let rate = { at: performance.now(), events: 0, perSecond: 0 };

const place = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

function connect() {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/`);
  socket.addEventListener('open', () => {
    board = createBoard();
    rate = { at: performance.now(), events: 0, perSecond: 0 };
    isConnected = true;
    isChanged = true;
  });
  socket.addEventListener('message', ({ data }) => {
    if (isPaused) return;
    board.take(JSON.parse(data));
    isChanged = true;
  });
  socket.addEventListener('close', () => {
    isConnected = false;
    isChanged = true;
    setTimeout(connect, AGAIN_MS);
  });
}

// ── Drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function draw() {
  const now = performance.now();
  if (now - rate.at >= 1_000) {
    const perSecond = ((board.counts.events - rate.events) * 1_000) / (now - rate.at);
    isChanged ||= Math.round(perSecond) !== Math.round(rate.perSecond);
    rate = { at: now, events: board.counts.events, perSecond };
  }
  if (!isChanged) return;
  isChanged = false;
  drawStatus();
  drawProcesses();
  drawRequests();
  drawFeed();
  drawSelected();
}

function drawStatus() {
  const { processes, counts } = board;
  const alive = [...processes.values()].filter(({ isGone }) => !isGone);
  const dropped = alive.reduce((sum, { droppedEvents }) => sum + droppedEvents, 0);
  const left = alive.reduce((sum, { droppedRequests }) => sum + droppedRequests, 0);
  const word = isConnected ? (isPaused ? 'paused' : 'live') : 'not connected';
  place('connection').className = `dot ${isConnected ? (isPaused ? 'busy' : 'good') : 'bad'}`;
  place('status').textContent = word;
  place('figures').textContent = [
    `${count(alive.length, 'process', 'processes')}`,
    `${count(
      [...processes.values()].reduce((sum, { actors }) => sum + actors.size, 0),
      'actor',
      'actors',
    )}`,
    `${count(board.requests.size, 'request', 'requests')}`,
    `${Math.round(rate.perSecond).toLocaleString('en')} events/s`,
  ].join(' · ');
  const leftOut = [
    dropped > 0 ? count(dropped, 'event', 'events') : '',
    left > 0 ? count(left, 'request', 'requests') : '',
  ];
  place('dropped').textContent = dropped + left === 0 ? '' : `left out: ${leftOut.filter(Boolean).join(', ')}`;
  place('ended').replaceChildren(
    ...Object.entries(counts.ended).map(([state, many]) => chip(state, `${state} ${many.toLocaleString('en')}`)),
  );
}

function drawProcesses() {
  const all = [...board.processes.values()].filter(({ actors, isGone }) => actors.size > 0 || !isGone);
  place('processes').replaceChildren(
    ...(all.length === 0
      ? [make('p', 'empty', isConnected ? 'Waiting for processes to show themselves …' : '')]
      : all.map(processCard)),
  );
}

function processCard(/** @type {Process} */ process) {
  const card = make('section', `process${process.isGone ? ' gone' : ''}`);
  const head = make('h3', '', process.name);
  if (process.isGone) head.append(' ', chip('gone', 'gone'));
  const actors = make('div', 'actors');
  actors.append(...[...process.actors.values()].map(actorCard));
  if (process.actors.size === 0) actors.append(make('span', 'dim', 'requests only'));
  card.append(head, actors);
  return card;
}

function actorCard(/** @type {Actor} */ actor) {
  const card = button(`actor${actor.id === selected ? ' selected' : ''}`, () => select(actor.id));
  const figures = FIGURES.filter((key) => typeof actor.context[key] === 'number' && actor.context[key] !== 0)
    .map((key) => `${key} ${short(actor.context[key])}`)
    .join(' · ');
  const [name = actor.name] = actor.name.split(' @ ');
  card.append(make('span', 'name', name), chip(actor.value));
  if (figures !== '') card.append(make('span', 'dim', figures));
  return card;
}

function drawRequests() {
  const latest = [...board.requests.values()].slice(-ROWS_MAX).reverse();
  place('requests').replaceChildren(
    ...(latest.length === 0
      ? [row(['', make('span', 'dim', 'None yet. By default one in a hundred is shown.')])]
      : latest.map(requestRow)),
  );
}

function requestRow(/** @type {Actor} */ actor) {
  const { context, startedAt, changedAt, status } = actor;
  const open = button(`link${actor.id === selected ? ' selected' : ''}`, () => select(actor.id));
  open.textContent = String(context.object ?? actor.name);
  const tookMs = changedAt - startedAt;
  const line = row([
    chip(actor.value),
    open,
    make('span', 'dim', context.type === '_' ? '' : String(context.type ?? '')),
    make('span', 'dim worker', String(context.worker ?? '')),
    make('span', 'dim number', Number(context.attempt) > 1 ? `attempt ${context.attempt}` : ''),
    make('span', 'dim number', status === 'active' ? '…' : tookMs < 1 ? '< 1 ms' : `${tookMs} ms`),
  ]);
  line.classList.toggle('selected', actor.id === selected);
  return line;
}

function drawFeed() {
  place('feed').replaceChildren(
    ...board.feed
      .slice(-ROWS_MAX)
      .reverse()
      .map(({ step, actor }) => {
        const line = make('li', '');
        const open = button('link', () => select(actor.id));
        open.textContent = actor.isRequest ? String(actor.context.object ?? actor.name) : actor.name;
        line.append(
          make('time', 'dim', clock(step.at)),
          open,
          make('code', '', step.event),
          make('span', 'dim', step.from === step.to ? step.to : `${step.from} → ${step.to}`),
        );
        return line;
      }),
  );
}

// ── The actor that was chosen ───────────────────────────────────────────────────────────────────────────────────────

function select(/** @type {string} */ id) {
  selected = id;
  isChanged = true;
  draw();
}

function drawSelected() {
  const panel = place('selected');
  const actor = selected === null ? first() : board.find(selected);
  if (actor === undefined) {
    panel.replaceChildren(make('p', 'empty', 'Choose an actor to see its statechart.'));
    return;
  }
  const head = make('h2', '', actor.isRequest ? String(actor.context.object ?? actor.name) : actor.name);
  head.append(' ', chip(actor.value));
  const about = make('p', 'dim', `${actor.id} · ${count(actor.steps, 'step', 'steps')} seen`);
  const log = make('ol', 'log');
  log.append(
    ...[...actor.log].reverse().map((step) => {
      const line = make('li', '');
      line.append(
        make('time', 'dim', clock(step.at)),
        make('code', '', step.event),
        make('span', 'dim', step.from === step.to ? step.to : `${step.from} → ${step.to}`),
      );
      return line;
    }),
  );
  const chart = drawChart(actor);
  panel.replaceChildren(
    ...[head, about, ...(chart === null ? [] : [chart]), make('h3', '', 'Last steps')],
    ...[actor.log.length === 0 ? make('p', 'dim', 'None since you look on.') : log],
    ...[make('h3', '', 'Context'), contextTable(actor)],
  );
}

/** Until somebody chooses: the first actor of the first process. */
function first() {
  for (const { actors, isGone } of board.processes.values()) {
    if (!isGone) for (const actor of actors.values()) return actor;
  }
  return undefined;
}

function contextTable(/** @type {Actor} */ actor) {
  const table = make('table', 'context');
  for (const [key, value] of Object.entries(actor.context)) {
    const line = make('tr', '');
    line.append(make('th', '', key), make('td', '', dataText(value)));
    table.append(line);
  }
  return table;
}

/** On one line where that is short. */
function dataText(/** @type {unknown} */ value) {
  if (typeof value !== 'object' || value === null) return String(value);
  const line = JSON.stringify(value);
  return line.length <= SHORT_TEXT ? line : JSON.stringify(value, null, 1);
}

const SVG = 'http://www.w3.org/2000/svg';

function drawChart(/** @type {Actor} */ actor) {
  const chart = layOut(actor.definition);
  if (chart === null) return null;
  const size = { width: chart.width, height: chart.height };
  const svg = shape('svg', { ...size, viewBox: `0 0 ${chart.width} ${chart.height}`, class: 'chart', role: 'img' });
  svg.append(
    withText(shape('title', {}), `Statechart, now in ${actor.value}`),
    arrowHead('head'),
    arrowHead('head-taken'),
  );
  for (const arrow of chart.arrows) {
    const isOut = arrow.from === actor.value;
    const isTaken = actor.came?.from === arrow.from && actor.came?.to === arrow.to;
    const line = shape('path', {
      d: arrow.path,
      class: `arrow${isOut ? ' out' : ''}${isTaken ? ' taken' : ''}`,
      'marker-end': isTaken ? 'url(#head-taken)' : 'url(#head)',
    });
    line.append(withText(shape('title', {}), `${arrow.from} → ${arrow.to}: ${arrow.events.join(', ')}`));
    svg.append(line);
  }
  for (const box of chart.boxes) {
    const isNow = box.name === actor.value;
    const group = shape('g', { class: `state${isNow ? ` now ${toneOf(box.name)}` : ''}` });
    const size = { x: box.x, y: box.y, width: BOX.width, height: BOX.height, rx: 8 };
    group.append(
      withText(shape('title', {}), [box.description, ...box.stays.map((event) => `stays on ${event}`)].join('\n')),
      shape('rect', size),
    );
    if (box.isFinal) group.append(shape('rect', { ...size, ...inset(size), class: 'inner' }));
    if (box.isInitial)
      group.append(shape('circle', { cx: box.x - 9, cy: box.y + BOX.height / 2, r: 4, class: 'start' }));
    const text = { x: box.x + BOX.width / 2, y: box.y + BOX.height / 2 + 4 };
    group.append(withText(shape('text', text), box.name));
    svg.append(group);
  }
  for (const arrow of chart.arrows) {
    const isTaken = actor.came?.from === arrow.from && actor.came?.to === arrow.to;
    if (arrow.from !== actor.value && !isTaken) continue;
    const label = shape('text', { x: arrow.labelX, y: arrow.labelY, class: `label${isTaken ? ' taken' : ''}` });
    const some = arrow.events.length > 2 ? `${arrow.events[0]} …` : arrow.events.join(', ');
    svg.append(withText(label, isTaken ? (actor.came?.event ?? some) : some));
  }
  return svg;
}

function inset(/** @type {{ x: number, y: number, width: number, height: number }} */ { x, y, width, height }) {
  return { x: x + 3, y: y + 3, width: width - 6, height: height - 6, rx: 6 };
}

function arrowHead(/** @type {string} */ id) {
  const marker = shape('marker', { id, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8 });
  marker.setAttribute('orient', 'auto');
  marker.setAttribute('markerUnits', 'userSpaceOnUse');
  marker.append(shape('path', { d: 'M0 0 L8 4 L0 8 z', class: id }));
  return marker;
}

// ── Pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function make(/** @type {string} */ tag, /** @type {string} */ className, text = '') {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  if (text !== '') element.textContent = text;
  return element;
}

function shape(/** @type {string} */ tag, /** @type {Readonly<Record<string, string | number>>} */ attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {string} text
 */
function withText(element, text) {
  element.textContent = text;
  return element;
}

function button(/** @type {string} */ className, /** @type {() => void} */ onClick) {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = className;
  // A drawing may replace it between press and release: then there would be no click.
  element.addEventListener('pointerdown', onClick);
  element.addEventListener('click', onClick);
  return element;
}

function chip(/** @type {string} */ state, text = state) {
  return make('span', `chip ${toneOf(state)}`, text === '' ? '–' : text);
}

function toneOf(/** @type {string} */ state) {
  return Object.entries(TONES).find(([, states]) => states.includes(state))?.[0] ?? 'off';
}

function row(/** @type {readonly (HTMLElement | string)[]} */ cells) {
  const line = make('tr', '');
  for (const cell of cells) {
    const place = make('td', '');
    place.append(cell);
    line.append(place);
  }
  return line;
}

function count(/** @type {number} */ many, /** @type {string} */ one, /** @type {string} */ several) {
  return `${many.toLocaleString('en')} ${many === 1 ? one : several}`;
}

function short(/** @type {unknown} */ value) {
  return typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 2 }) : String(value);
}

function clock(/** @type {number} */ at) {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? '' : time.toISOString().slice(11, 23);
}

place('pause').addEventListener('click', () => {
  isPaused = !isPaused;
  place('pause').textContent = isPaused ? 'Go on' : 'Pause';
  isChanged = true;
});
connect();
setInterval(draw, DRAW_MS);
