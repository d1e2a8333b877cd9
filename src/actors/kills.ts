/**
 * Which workers went with a durable request in hand, counted where it outlives all who count: before it is given out
 * again, so that one that kills whoever touches it is found out. Judges nobody.
 */
import type { Records } from '../bus/index.js';
import { HeliosError } from '../protocol/errors.js';

/** Times that somebody else may be first to write. */
const KILL_TRIES = 8;
/** Workers that are remembered of one request. */
const KILLERS_MAX = 16;

export class Kills {
  constructor(private readonly records: Records) {}

  /** The workers that went with it, in order. @throws HeliosError `UNAVAILABLE`, `CLOSED` */
  async read(id: string): Promise<readonly string[]> {
    return workersIn((await this.records.get(keyOf(id)))?.value);
  }

  /**
   * Counts a worker, once for each `known` that it is called with: those known before, so that a try whose answer was
   * lost is not counted again.
   * @returns all of them
   * @throws HeliosError `UNAVAILABLE`, `CONFLICT`, `CLOSED`
   */
  async count(id: string, worker: string, known: readonly string[]): Promise<readonly string[]> {
    for (let tries = 0; tries < KILL_TRIES; tries++) {
      const record = await this.records.get(keyOf(id));
      const workers = workersIn(record?.value);
      if (workers.length > known.length && workers.includes(worker)) return workers;
      const all = [...workers, worker].slice(-KILLERS_MAX);
      if ((await this.records.put(keyOf(id), { workers: all }, record?.revision ?? 0)) !== undefined) return all;
    }
    throw new HeliosError('CONFLICT', `${KILL_TRIES} times somebody else counted the workers lost with ${id} first.`);
  }

  /** @throws HeliosError `UNAVAILABLE`, `CLOSED` */
  async forget(id: string): Promise<void> {
    await this.records.delete(keyOf(id));
  }
}

function keyOf(id: string): string {
  return `kill.${id}`;
}

/** The workers that a record of kills, or the details of an outcome, names. */
export function workersIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || !('workers' in value) || !Array.isArray(value.workers)) return [];
  return value.workers.filter((worker: unknown) => typeof worker === 'string');
}
