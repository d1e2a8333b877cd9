import { describe, expect, it } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { createBoard, FEED_MAX, LOG_MAX, REQUESTS_MAX } from '../../src/inspect/page/board.js';
import { BOX, layOut } from '../../src/inspect/page/chart.js';
import * as machines from '../../src/machines/index.js';

const definition = JSON.stringify({ id: 'worker' });
const actor = (id: string, fields: object = {}) => ({
  ...{ type: '@xstate.actor', sessionId: `w1.r/${id}`, name: `worker:${id}`, createdAt: '1000', definition },
  ...{ snapshot: { status: 'active', value: 'starting', context: { running: 0 } }, ...fields },
});
const step = (id: string, value: unknown, fields: object = {}) => ({
  ...{ type: '@xstate.snapshot', sessionId: `w1.r/${id}`, createdAt: '2000', event: { type: 'GO' } },
  snapshot: { status: 'active', value, context: { running: 1 }, ...fields },
});
const request = { definition: JSON.stringify({ id: 'request' }), name: 'request:a' };

describe('the board of the page', () => {
  it('has processes with their actors, their states and what they did', () => {
    const board = createBoard();
    const context = { process: 'w1', droppedEvents: 3, droppedRequests: 4 };
    board.take({ type: '@xstate.actor', sessionId: 'w1.r', snapshot: { value: 'alive', context } });
    board.take(actor('a'));
    board.take({ type: '@xstate.event', sessionId: 'w1.r/a', event: { type: 'GO' } });
    board.take(step('a', 'ready'));
    board.take(step('a', { busy: 'deep' }));
    board.take(step('unknown', 'ready'));
    const process = board.processes.get('w1.r');
    expect(process).toMatchObject({ name: 'w1', isGone: false, droppedEvents: 3, droppedRequests: 4 });
    expect([...(process?.actors.values() ?? [])]).toMatchObject([
      {
        ...{ name: 'worker:a', process: 'w1', value: 'busy', context: { running: 1 }, steps: 2 },
        ...{ startedAt: 1000, changedAt: 2000, came: { from: 'ready', to: 'busy' } },
        log: [
          { at: 2000, event: 'GO', from: 'starting', to: 'ready' },
          { at: 2000, event: 'GO', from: 'ready', to: 'busy' },
        ],
      },
    ]);
    expect(board.feed).toHaveLength(2);
    expect(board.find('w1.r/a')?.name).toBe('worker:a');
    expect(board.counts.events).toBe(6);
  });

  it('shows what stops with its process as stopped', () => {
    const board = createBoard();
    board.take(actor('a'));
    board.take(step('a', 'ready', { status: 'stopped' }));
    board.take({ type: '@xstate.snapshot', sessionId: 'w1.r', snapshot: { value: 'gone' } });
    expect(board.processes.get('w1.r')).toMatchObject({ isGone: true });
    expect(board.find('w1.r/a')).toMatchObject({ value: 'stopped' });
  });

  it('keeps requests apart, and counts how they end', () => {
    const board = createBoard();
    board.take(actor('a', request));
    board.take(step('a', 'materialized', { status: 'done' }));
    board.take(actor('b', request));
    board.take(step('b', 'failed', { status: 'done' }));
    expect([...board.requests.keys()]).toEqual(['w1.r/a', 'w1.r/b']);
    expect(board.processes.get('w1.r')?.actors.size).toBe(0);
    expect(board.counts.ended).toEqual({ materialized: 1, failed: 1 });
  });

  it('is bounded: requests that have ended go first', () => {
    const board = createBoard();
    board.take(actor('live', request));
    for (let index = 0; index < REQUESTS_MAX + 20; index++) {
      board.take(actor(`r${index}`, request));
      board.take(step(`r${index}`, 'materialized', { status: 'done' }));
    }
    expect(board.requests.size).toBe(REQUESTS_MAX);
    expect(board.find('w1.r/live')).toBeDefined();
    for (let index = 0; index < 2 * REQUESTS_MAX; index++) board.take(actor(`l${index}`, request));
    expect(board.requests.size).toBe(REQUESTS_MAX);
    board.take(actor('a'));
    for (let index = 0; index < 500; index++) board.take(step('a', 'ready'));
    expect(board.find('w1.r/a')?.log).toHaveLength(LOG_MAX);
    expect(board.feed).toHaveLength(FEED_MAX);
  });

  it('takes nonsense', () => {
    const board = createBoard();
    board.take({});
    board.take({ type: '@xstate.actor', sessionId: 'p/1', definition: '{' });
    board.take({ type: '@xstate.snapshot', sessionId: 'p/1', snapshot: null });
    expect(board.find('p/1')).toMatchObject({ value: '', name: 'p/1' });
  });
});

const charts = Object.values(machines).filter(
  (machine): machine is typeof machine & AnyStateMachine =>
    typeof machine === 'object' && machine !== null && 'definition' in machine,
);

describe('the picture of a statechart', () => {
  it.each(charts.map((machine) => [machine.id, machine] as const))(
    'shows %s whole, nothing over anything else',
    (_, machine) => {
      const chart = layOut(JSON.stringify(machine.config));
      expect(chart?.boxes.map(({ name }) => name).toSorted()).toEqual(Object.keys(machine.states).toSorted());
      const { boxes = [], arrows = [], width = 0, height = 0 } = chart ?? {};
      for (const [index, { x, y }] of boxes.entries()) {
        expect(x >= 0 && y >= 0 && x + BOX.width <= width && y + BOX.height <= height).toBe(true);
        for (const other of boxes.slice(index + 1)) {
          expect(Math.abs(other.x - x) >= BOX.width || Math.abs(other.y - y) >= BOX.height).toBe(true);
        }
      }
      const leads = new Set<string>();
      for (const state of Object.values(machine.states)) {
        for (const transition of [...state.transitions.values()].flat()) {
          const to = transition.target?.[0]?.key;
          if (to !== undefined && to !== state.key) leads.add(`${state.key} → ${to}`);
        }
      }
      expect(new Set(arrows.map(({ from, to }) => `${from} → ${to}`))).toEqual(leads);
      for (const { path, labelX, labelY } of arrows) {
        expect(path).not.toContain('NaN');
        expect(labelX > 0 && labelX < width && labelY > 0 && labelY < height).toBe(true);
      }
    },
  );

  it('has the initial state first, final ones last, and says what stays', () => {
    const { boxes = [] } = layOut(JSON.stringify(machines.requestMachine.config)) ?? {};
    const xOf = (name: string) => boxes.find((box) => box.name === name)?.x ?? Number.NaN;
    expect(xOf('pending')).toBeLessThan(xOf('queued'));
    expect(xOf('queued')).toBeLessThan(xOf('restoring'));
    expect(xOf('restoring')).toBeLessThan(xOf('materialized'));
    expect(xOf('failed')).toBe(xOf('materialized'));
    expect(boxes.filter(({ isInitial }) => isInitial).map(({ name }) => name)).toEqual(['pending']);
    const worker = layOut(JSON.stringify(machines.workerMachine.config));
    expect(worker?.boxes.find(({ name }) => name === 'ready')?.stays).toEqual(['ACCEPT', 'FINISH']);
  });

  it('shows states that nothing leads to, and arrows far back', () => {
    const states = {
      a: { on: { GO: 'b' } },
      b: { on: { GO: ['c'] } },
      c: { on: { GO: 'd' } },
      d: { on: { BACK: { target: ['a'] }, ODD: '#x' } },
      island: {},
    };
    const chart = layOut(JSON.stringify({ initial: 'a', states }));
    expect(chart?.boxes).toHaveLength(5);
    expect(chart?.arrows.map(({ from, to }) => `${from}${to}`)).toEqual(['ab', 'bc', 'cd', 'da']);
  });

  it('is none where there are no states', () => {
    for (const text of ['{}', '{"id":"a"}', '{', '"a"', 'null', '{"states":{}}']) expect(layOut(text)).toBeNull();
  });
});
