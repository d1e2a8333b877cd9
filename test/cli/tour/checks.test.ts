import { describe, expect, it } from 'vitest';
import { Checks, must, mustEqual } from '../../../src/cli/tour/checks.js';

describe('a claim', () => {
  it('holds when each of its proofs went through', () => {
    const checks = new Checks();
    const claim = checks.claim('one is one');
    claim.prove(() => mustEqual([{ a: 1 }], [{ a: 1 }], 'no'));
    claim.prove(() => {});
    expect(checks.all).toEqual([expect.objectContaining({ text: 'one is one', holds: true, reason: null })]);
    expect(checks.allHold).toBe(true);
  });

  it('does not hold when it was never put to the proof', () => {
    const checks = new Checks();
    checks.claim('nobody looked').prove(() => {});
    checks.claim('nobody looked at this');
    expect(checks.allHold).toBe(false);
    expect(checks.all.map(({ reason }) => reason)).toEqual([null, 'it was never put to the proof']);
  });

  it('keeps its first failure, in one line of bearable length, and looks no further', () => {
    const claim = new Checks().claim('one is two');
    let later = 0;
    claim.prove(() => must(false, `a\n  b${'c'.repeat(1_000)}`));
    claim.prove(() => {
      later++;
    });
    expect(claim.holds).toBe(false);
    expect(claim.reason).toMatch(/^a bc{297}$/);
    expect(later).toBe(0);
  });

  it('compares prototypes too, and says what it was told to say', () => {
    const claim = new Checks().claim('plain is bare');
    claim.prove(() => mustEqual({}, Object.create(null), 'one has a prototype'));
    expect(claim.reason).toBe('one has a prototype');
  });

  it('has a reason also when what was thrown says nothing', () => {
    const claim = new Checks().claim('silence');
    claim.prove(() => {
      throw '';
    });
    expect(claim.reason).toBe('it did not hold');
  });

  it('is needed: no claim at all is no proof', () => {
    expect(new Checks().allHold).toBe(false);
  });
});
