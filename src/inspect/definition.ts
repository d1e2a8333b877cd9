/**
 * A machine as the JSON text that Stately's tools draw it from: its config, with functions as their names. Made once a
 * machine. A compiled machine has the config of the one it was compiled from, so it is drawn the same.
 */
import type { ActorRefLike } from 'xstate';

/** Characters of one definition; a machine that takes more is shown by its id alone. */
export const DEFINITION_LENGTH_MAX = 32_768;

export interface Definition {
  /** Names it in messages: the machine's id, or the id with a number where two machines have the same. */
  readonly key: string;
  readonly text: string;
}

/** Machines of which a process tells, each text once until it shall be told again. */
export class Definitions {
  private readonly byConfig = new WeakMap<object, Definition>();
  private readonly byKey = new Map<string, string>();
  private untold = new Map<string, string>();

  of(actor: ActorRefLike): Definition {
    const config = configOf(actor);
    const known = config === undefined ? undefined : this.byConfig.get(config);
    if (known !== undefined) return known;
    const definition = this.define(config);
    if (config !== undefined) this.byConfig.set(config, definition);
    return definition;
  }

  tellAgain(): void {
    this.untold = new Map(this.byKey);
  }

  /** What has not been told; undefined when that is nothing. */
  take(): Readonly<Record<string, string>> | undefined {
    if (this.untold.size === 0) return undefined;
    const texts = Object.fromEntries(this.untold);
    this.untold = new Map();
    return texts;
  }

  private define(config: object | undefined): Definition {
    const id = config !== undefined && 'id' in config && typeof config.id === 'string' ? config.id : 'actor';
    const text = textOf(config) ?? JSON.stringify({ id });
    let key = id;
    for (let count = 2; (this.byKey.get(key) ?? text) !== text; count++) key = `${id}~${count}`;
    if (!this.byKey.has(key)) this.untold.set(key, text);
    this.byKey.set(key, text);
    return { key, text };
  }
}

function configOf(actor: ActorRefLike): object | undefined {
  const logic: unknown = 'logic' in actor ? actor.logic : undefined;
  if (typeof logic !== 'object' || logic === null || !('config' in logic)) return undefined;
  return typeof logic.config === 'object' && logic.config !== null ? logic.config : undefined;
}

function textOf(config: object | undefined): string | undefined {
  if (config === undefined) return undefined;
  try {
    const text = JSON.stringify(config, plain);
    return text.length > DEFINITION_LENGTH_MAX ? undefined : text;
  } catch {
    return undefined; // one that refers to itself
  }
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'function') return value;
  return { type: 'type' in value && typeof value.type === 'string' ? value.type : value.name || 'inline' };
}
