import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRoutes, type Receiver } from '../../src/bus/routes.js';
import { checkPattern, matches } from '../../src/bus/subject.js';

let order = 0;
function receiver(pattern: string, queue?: string): Receiver {
  return { pattern, queue, handler: () => {}, order: order++, isActive: true };
}

describe('subjects and patterns', () => {
  it('know what a pattern means', () => {
    expect(matches('a.*.c', 'a.b.c')).toBe(true);
    expect(matches('a.>', 'a.b.c')).toBe(true);
    expect(matches('a.>', 'a')).toBe(false);
    expect(matches('a', 'a.b')).toBe(false);
    expect(matches('a.b', 'a')).toBe(false);
  });

  it('know which patterns have wildcards', () => {
    expect(checkPattern('a.b')).toBe(false);
    expect(checkPattern('a.*')).toBe(true);
    expect(checkPattern('>')).toBe(true);
  });

  it.each([7, undefined, null, {}])('refuse %j as a subject', (subject) => {
    const routes = createRoutes({ random: () => 0, cacheSize: 4 });
    expect(() => routes.find(subject as unknown as string)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    );
  });

  it('refuse a subject that is too long, also under a known front', () => {
    const routes = createRoutes({ random: () => 0, cacheSize: 4 });
    routes.add(receiver('a.*'));
    for (const subject of ['x'.repeat(1_025), `a.${'x'.repeat(1_023)}`, 'a.', 'a. ', 'a.*', 'a.>', 'a.\u007f']) {
      expect(() => routes.find(subject)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    }
    expect(routes.find(`a.${'x'.repeat(1_022)}`).plain).toHaveLength(1);
  });
});

describe('routes', () => {
  const token = fc.constantFrom('a', 'b', 'c');
  const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));
  const pattern = fc
    .tuple(fc.array(fc.oneof(token, fc.constant('*')), { maxLength: 3 }), fc.oneof(token, fc.constantFrom('*', '>')))
    .map(([tokens, last]) => [...tokens, last].join('.'));
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), pattern, queue: fc.constantFrom(undefined, 'p', 'q') }),
    fc.record({ kind: fc.constant('remove' as const), index: fc.nat() }),
    fc.record({ kind: fc.constant('find' as const), subject }),
  );

  it('name exactly those whose pattern means the subject, whoever came and went, remembered or not', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const routes = createRoutes({ random: () => 0.9, cacheSize: 3 });
        const members: Receiver[] = [];
        for (const one of steps) {
          if (one.kind === 'add') {
            const added = receiver(one.pattern, one.queue);
            members.push(added);
            routes.add(added);
          } else if (one.kind === 'remove' && members.length > 0) {
            const [removed] = members.splice(one.index % members.length, 1);
            if (removed !== undefined) routes.remove(removed);
          } else if (one.kind === 'find') {
            const meant = members.filter((member) => matches(member.pattern, one.subject));
            // Three times, so that it is seen, remembered and recalled.
            for (let times = 0; times < 3; times++) {
              const route = routes.find(one.subject);
              expect(route.plain).toEqual(meant.filter(({ queue }) => queue === undefined));
              for (const queue of ['p', 'q']) {
                const group = route.groups.find(({ members: [first] }) => first?.queue === queue);
                expect(group?.members ?? []).toEqual(meant.filter((member) => member.queue === queue));
              }
            }
          }
        }
        routes.clear();
        expect(members.every(({ isActive }) => !isActive)).toBe(true);
        expect(routes.find('a').plain).toEqual([]);
        expect(routes.find('a').groups).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('are the same object for all subjects under one star, and for a subject that comes again', () => {
    const routes = createRoutes({ random: () => 0, cacheSize: 4 });
    routes.add(receiver('a.*'));
    expect(routes.find('a.1')).toBe(routes.find('a.2'));
    routes.add(receiver('a.>'));
    const first = routes.find('a.x');
    const second = routes.find('a.x');
    expect(second).not.toBe(first);
    expect(routes.find('a.x')).toBe(second);
  });

  it('are not forgotten because many others are used once', () => {
    const routes = createRoutes({ random: () => 0, cacheSize: 4 });
    routes.add(receiver('a.>'));
    routes.find('a.hot');
    const hot = routes.find('a.hot');
    for (let number = 0; number < 5_000; number++) routes.find(`a.${number}`);
    expect(routes.find('a.hot')).toBe(hot);
  });

  it('begin a queue group by chance, within its members', () => {
    for (const random of [0, 0.5, 0.999_999]) {
      const routes = createRoutes({ random: () => random, cacheSize: 4 });
      for (let count = 0; count < 3; count++) routes.add(receiver('a', 'q'));
      expect(routes.find('a').groups[0]?.turn).toBe(Math.floor(random * 3));
    }
  });
});
