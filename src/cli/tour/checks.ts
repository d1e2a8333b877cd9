/**
 * What the tour claims and whether it held. A claim holds when it was put to the proof at least once and every proof
 * went through; the first one that doesn't is remembered with its reason. Prints nothing.
 */

import { isDeepStrictEqual } from 'node:util';

export interface Claim {
  readonly text: string;
  readonly holds: boolean;
  /** Why it doesn't hold; null when it does. */
  readonly reason: string | null;
}

/** Characters of a reason that are kept. */
const REASON_LENGTH = 300;

export class Checks {
  private readonly claims: ProvenClaim[] = [];

  /** A new claim, to be put to the proof by whoever makes it. */
  claim(text: string): ProvenClaim {
    const claim = new ProvenClaim(text);
    this.claims.push(claim);
    return claim;
  }

  get all(): readonly Claim[] {
    return this.claims;
  }

  get allHold(): boolean {
    return this.claims.length > 0 && this.claims.every(({ holds }) => holds);
  }
}

/** @throws Error saying `otherwise` */
export function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/**
 * Compares as assert.deepStrictEqual does, prototypes and all, but spends no minutes on showing where 20 MB differ.
 * @throws Error saying `otherwise`
 */
export function mustEqual(actual: unknown, expected: unknown, otherwise: string): void {
  must(isDeepStrictEqual(actual, expected), otherwise);
}

export class ProvenClaim implements Claim {
  private proofs = 0;
  private failure: string | null = null;

  constructor(readonly text: string) {}

  get holds(): boolean {
    return this.reason === null;
  }

  get reason(): string | null {
    return this.failure ?? (this.proofs === 0 ? 'it was never put to the proof' : null);
  }

  /** Runs one proof, which throws if the claim doesn't hold. Never throws itself; after a failure it runs none. */
  prove(proof: () => void): void {
    if (this.failure !== null) return;
    this.proofs++;
    try {
      proof();
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      this.failure = said.replace(/\s+/g, ' ').trim().slice(0, REASON_LENGTH) || 'it did not hold';
    }
  }
}
