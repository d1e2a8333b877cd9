import { beforeAll, describe, expect, it } from 'vitest';
import { buildOnce } from '../cluster.js';
import { killAndLook, killPlanted } from './killedStore.js';

beforeAll(buildOnce);

describe('a process that is killed', () => {
  it.each(['import', 'save', 'collect'] as const)(
    'while it is at %s leaves a store that is whole, with everything that was saved',
    (what) => killAndLook(what, 5),
    120_000,
  );

  it('after a head moved whose blocks it would have written then, is found out', async () => {
    const findings = await killPlanted();
    expect(findings.length).toBeGreaterThan(0);
    expect(findings[0]).toMatchObject({ problem: 'missing', heldBy: ['round/0@1'] });
  });
});
