/** The objects that a simulation is about: of types that all know, that some know, that nobody knows, and a broken one. */
import { z } from 'zod';
import type { Chance } from '../../src/bus/simulated/chance.js';
import { type AnyObjectType, defineType } from '../../src/restore/index.js';

const memory = z.array(z.string());
const Agent = defineType({ name: 'agent', schema: z.object({ hp: z.number(), memory }) });
const Rare = defineType({ name: 'rare', schema: z.object({ hp: z.number(), memory }) });
const Ghost = defineType({ name: 'ghost', schema: z.object({ hp: z.number(), memory }) });

/** What every worker knows, what some know besides, and what the one who saves knows. */
export const COMMON_TYPES: readonly AnyObjectType[] = [Agent];
export const RARE_TYPES: readonly AnyObjectType[] = [Agent, Rare];
export const ALL_TYPES: readonly AnyObjectType[] = [Agent, Rare, Ghost];

/** Names with the types of what is saved there. */
export const NAMES: readonly (readonly [name: string, type: string])[] = [
  ...['agents/0', 'agents/1', 'agents/2', 'agents/3'].map((name) => [name, 'agent'] as const),
  ...['notes/0', 'notes/1'].map((name) => [name, 'record'] as const),
  ['rare/0', 'rare'],
];
/** Saved once, before anything is asked for, and never to be had: of a type that no worker knows; without its blocks. */
export const UNKNOWN_TYPE_NAME = 'hopeless/ghost';
export const DAMAGED_NAME = 'hopeless/damaged';
/** Whoever restores it dies of it. */
export const DEADLY_NAME = 'hopeless/deadly';
/** Nobody saves this. */
export const ABSENT_NAME = 'absent/0';

/** Characters of one piece of text: several of them don't fit into a block. */
const TEXT_LENGTH = 700;

/** Something that was never there before. */
export function newValue(chance: Chance, serial: number): { hp: number; memory: string[] } {
  const pieces = Math.floor(chance.between(1, 6));
  const memory = Array.from({ length: pieces }, (_, index) => `${serial}.${index} `.repeat(TEXT_LENGTH / 8));
  return { hp: serial, memory };
}
