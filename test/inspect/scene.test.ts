import { describe, expect, it } from 'vitest';
import { ACTORS_MAX, ENDED_ACTORS_MAX, PROCESSES_MAX, Scene, SILENCE_MS } from '../../src/inspect/scene.js';
import type { StatelyEvent } from '../../src/inspect/stately.js';
import type { InspectDataMessage, InspectEvent } from '../../src/protocol/index.js';
import { kinds } from './watching.js';

const definition = '{"id":"m"}';

function open() {
  const shown: StatelyEvent[] = [];
  const asked: string[] = [];
  const scene = new Scene({
    ...{ viewer: 'v', show: (event) => void shown.push(event), askAgain: (run) => void asked.push(run) },
  });
  let batch = 0;
  return {
    ...{ scene, shown, asked },
    hear(events: InspectEvent[], message: Partial<InspectDataMessage> = {}, at = 0) {
      const definitions = { m: definition };
      const dropped = { events: 0, requests: 0 };
      scene.hear({ process: 'p', run: 'r', batch: batch++, dropped, definitions, events, ...message }, at);
    },
    /** What has been shown since. */
    take: () => shown.splice(0),
  };
}
const actor = (id: string, value = 'a', status = 'active'): InspectEvent => ({
  ...{ type: '@xstate.actor', sessionId: `p.r/${id}`, rootId: `p.r/${id}`, createdAt: '1', id: `e${id}` },
  ...{ _version: '0.7.2', name: id, definition: 'm', snapshot: { status, value } },
});
const snapshot = (id: string, value: string, status = 'active'): InspectEvent => ({
  ...{ type: '@xstate.snapshot', sessionId: `p.r/${id}`, event: { type: 'GO' }, snapshot: { status, value } },
});

describe('the scene', () => {
  it('shows a process as an actor, then what it tells, each machine with its definition', () => {
    const { hear, take } = open();
    hear([actor('1'), { type: '@xstate.event', sessionId: 'p.r/1', event: { type: 'GO' } }, snapshot('1', 'b')]);
    expect(take()).toEqual([
      expect.objectContaining({
        ...{ type: '@xstate.actor', sessionId: 'p.r', name: 'process p', id: 'p.r-process', _version: '0.7.2' },
        snapshot: { status: 'active', value: 'alive', context: { process: 'p', droppedEvents: 0, droppedRequests: 0 } },
      }),
      { ...actor('1'), definition },
      expect.objectContaining({ type: '@xstate.event', sessionId: 'p.r/1', rootId: 'p.r/1', event: { type: 'GO' } }),
      expect.objectContaining({ type: '@xstate.snapshot', snapshot: { status: 'active', value: 'b' } }),
    ]);
  });

  it('tells whoever comes late of every actor, in its latest state', () => {
    const { scene, hear } = open();
    hear([actor('1'), snapshot('1', 'b'), snapshot('1', 'c'), actor('2')]);
    const replayed = scene.replay();
    expect(kinds(replayed)).toEqual(['actor', 'actor', 'snapshot', 'actor']);
    expect(replayed[1]).toMatchObject({ sessionId: 'p.r/1', definition, snapshot: { value: 'c' } });
    expect(replayed[2]).toMatchObject({ sessionId: 'p.r/1', snapshot: { value: 'c' } });
    expect(replayed[3]).toMatchObject({ sessionId: 'p.r/2', snapshot: { value: 'a' } });
  });

  it('leaves out what is for other viewers, and what is not of the process that says it', () => {
    const { hear, take } = open();
    hear([
      { ...actor('1'), to: ['x'] },
      { ...actor('2'), to: ['x', 'v'] },
      { ...actor('3'), sessionId: 'q.r/3' },
    ]);
    const shown = take();
    expect(shown.map(({ sessionId }) => sessionId)).toEqual(['p.r', 'p.r/2']);
    expect(shown[1]).not.toHaveProperty('to');
  });

  it('asks a process again when a message, an actor or a definition was missed', () => {
    const { hear, asked, take } = open();
    hear([actor('1')], { batch: 5 });
    hear([], { batch: 6 });
    expect(asked).toEqual([]);
    hear([], { batch: 8 });
    expect(asked).toEqual(['r']);
    hear([snapshot('9', 'b')], { batch: 9 });
    expect(asked).toEqual(['r', 'r']);
    take();
    hear([{ ...actor('2'), definition: 'unknown' }], { batch: 10 });
    expect(asked).toEqual(['r', 'r', 'r']);
    expect(take()).toMatchObject([{ sessionId: 'p.r/2', definition: '{"id":"2"}' }]);
  });

  it('shows of what is told again only what has changed', () => {
    const { hear, take } = open();
    hear([actor('1'), actor('2')]);
    take();
    hear([actor('1', 'b'), actor('2')]);
    expect(take()).toMatchObject([
      { type: '@xstate.snapshot', sessionId: 'p.r/1', event: { type: 'helios.missed' }, snapshot: { value: 'b' } },
    ]);
    hear([actor('1', 'b', 'done')]);
    expect(take()).toHaveLength(1);
  });

  it('tells what a process has dropped, once a second at most', () => {
    const { hear, take, scene } = open();
    hear([], {}, 0);
    take();
    hear([], { dropped: { events: 1, requests: 0 } }, 100);
    hear([], { dropped: { events: 2, requests: 3 } }, 1_100);
    hear([], { dropped: { events: 2, requests: 3 } }, 5_000);
    const context = { process: 'p', droppedEvents: 2, droppedRequests: 3 };
    expect(take()).toMatchObject([{ sessionId: 'p.r', snapshot: { context } }]);
    expect(scene.replay()).toMatchObject([{ snapshot: { context } }]);
  });

  it('ends a process that is silent, and its actors with it', () => {
    const { hear, take, scene } = open();
    hear([actor('1'), actor('2'), snapshot('2', 'z', 'done')], {}, 1_000);
    take();
    scene.expire(1_000 + SILENCE_MS - 1);
    expect(take()).toEqual([]);
    scene.expire(1_000 + SILENCE_MS);
    expect(take()).toMatchObject([
      { sessionId: 'p.r/1', event: { type: 'helios.gone' }, snapshot: { status: 'stopped', value: 'a' } },
      { sessionId: 'p.r', event: { type: 'helios.gone' }, snapshot: { status: 'done', value: 'gone' } },
    ]);
    expect(scene.size).toEqual({ processes: 0, actors: 0 });
    expect(scene.replay()).toEqual([]);
  });

  it('keeps two runs of one name apart', () => {
    const { hear, scene } = open();
    hear([actor('1')], { batch: 0 });
    hear([{ ...actor('1'), sessionId: 'p.s/1' }], { run: 's', batch: 0 });
    expect(scene.size).toEqual({ processes: 2, actors: 2 });
  });

  it('forgets the oldest of those that have ended, and takes so many actors and processes', () => {
    const { hear, scene } = open();
    for (let index = 0; index < ENDED_ACTORS_MAX + 50; index++) hear([actor(`${index}`, 'z', 'done')]);
    expect(scene.size.actors).toBe(ENDED_ACTORS_MAX);
    expect(scene.replay()[1]).toMatchObject({ sessionId: 'p.r/50' });
    for (let index = 0; index < ACTORS_MAX + 50; index++) hear([actor(`live${index}`)]);
    expect(scene.size.actors).toBe(ACTORS_MAX);
    for (let index = 0; index < PROCESSES_MAX + 50; index++) hear([], { run: `r${index}` });
    expect(scene.size.processes).toBe(PROCESSES_MAX);
    scene.clear();
    expect(scene.size).toEqual({ processes: 0, actors: 0 });
  });

  it('takes nonsense for something plain', () => {
    const { hear, take } = open();
    const bare: InspectEvent = { type: '@xstate.actor', sessionId: 'p.r/1', snapshot: 7, parentId: 3 };
    hear([bare, { type: '@xstate.event', sessionId: 'p.r/1', event: 5, sourceId: {} }]);
    hear([{ type: '@xstate.snapshot', sessionId: 'p.r/1', event: null }]);
    const base = { sessionId: 'p.r/1', rootId: 'p.r/1', createdAt: '0', id: '', _version: '' };
    expect(take().slice(1)).toEqual([
      { type: '@xstate.actor', ...base, name: 'p.r/1', definition: '{"id":"p.r/1"}', snapshot: 7 },
      { type: '@xstate.event', ...base, event: { type: '' } },
      { type: '@xstate.snapshot', ...base, event: { type: '' }, snapshot: { status: 'active' } },
    ]);
  });
});
