/**
 * What a `helios.config.js` or `.ts` exports: the types that commands and workers shall know, and options for them.
 * It is handed back as it is, so that an editor knows its fields; who reads it knows what the options mean.
 */
import { HeliosError } from '../protocol/errors.js';
import { type AnyObjectType, isObjectType } from './type.js';

export interface HeliosConfig {
  readonly types?: readonly AnyObjectType[];
  /** A directory, or `memory`. */
  readonly store?: string;
  /** Where NATS is, for what speaks to other processes. */
  readonly nats?: string;
  /** What subjects begin with there. */
  readonly prefix?: string;
  readonly [option: string]: unknown;
}

/** @throws HeliosError `INVALID_REQUEST` when it is no object or its `types` are no types */
export function defineConfig<const Config extends HeliosConfig>(config: Config): Config {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new HeliosError('INVALID_REQUEST', 'defineConfig takes an object, such as { types: [Agent] }.');
  }
  const { types = [] } = config;
  if (!Array.isArray(types)) {
    throw new HeliosError('INVALID_REQUEST', 'The types of a configuration are an array, such as { types: [Agent] }.');
  }
  types.forEach((type: unknown, index) => {
    if (isObjectType(type)) return;
    throw new HeliosError(
      'INVALID_REQUEST',
      `types[${index}] of the configuration is no type. Make it with defineType.`,
    );
  });
  return config;
}
