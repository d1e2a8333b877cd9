/**
 * Records of entries by namespace, each a head of its own: what LangGraph's long-term stores and caches are made of. What is
 * changed in several namespaces at once is saved as one, and done again when another process was first.
 */
import type { Helios } from '../../helios.js';
import { HeliosError } from '../../protocol/errors.js';
import { type StateReference, Turns, type Value } from '../../state/index.js';

export type Namespace = readonly string[];

/** A namespace as it is stored; `view` reads what is asked for, `at` gives what is at a path, whole. */
export interface Shelf<T> {
  readonly namespace: Namespace;
  readonly view: Readonly<T>;
  at(path: readonly string[]): unknown;
}

export interface ShelvesOptions<T> {
  readonly helios: Helios;
  /** What names of the heads begin with; ends with `/`. */
  readonly prefix: string;
  /** A namespace that nothing was put into yet. */
  readonly empty: () => T;
  /** Whether nothing is left in one: its head goes then, with all its versions. */
  readonly isEmpty: (shelf: Readonly<T>) => boolean;
}

/** What is done to one namespace. `before` is its view as it was. */
export type ShelfRecipe<T> = (draft: T, before: Readonly<T>) => void;

type Reference = StateReference<Record<string, Value>>;

/** How often a save is done again because another process was first. */
const SHELF_SAVE_TRIES = 64;

export class Shelves<T extends object> {
  private readonly turns = new Turns();

  constructor(private readonly options: ShelvesOptions<T>) {}

  async get(namespace: Namespace): Promise<Shelf<T> | undefined> {
    const found = await this.options.helios.find(this.nameOf(namespace));
    if (found === null) return undefined;
    return { namespace, view: found.view() as unknown as Readonly<T>, at: (path) => found.at(path) };
  }

  /** Those whose namespace begins so, in the order of their names. */
  async *list(prefix: Namespace): AsyncGenerator<Shelf<T>> {
    const { helios, prefix: start } = this.options;
    for await (const { name } of helios.list({ prefix: start + prefix.map(escaped).join('/') })) {
      const namespace = name.slice(start.length).split('/').map(decodeURIComponent);
      const isBelow = prefix.every((label, index) => namespace[index] === label);
      const shelf = isBelow ? await this.get(namespace) : undefined;
      if (shelf !== undefined) yield shelf;
    }
  }

  /** Changes some namespaces, made where they aren't there: all of them or none. */
  async change(recipes: readonly (readonly [Namespace, ShelfRecipe<T>])[], message: string): Promise<void> {
    const byName = new Map<string, ShelfRecipe<T>[]>();
    for (const [namespace, recipe] of recipes) {
      const name = this.nameOf(namespace);
      const known = byName.get(name);
      if (known === undefined) byName.set(name, [recipe]);
      else known.push(recipe);
    }
    if (byName.size > 0) await this.turns.take('', () => this.save(byName, message));
  }

  async delete(namespace: Namespace): Promise<void> {
    await this.turns.take('', () => this.remove(this.nameOf(namespace)));
  }

  private async save(byName: ReadonlyMap<string, readonly ShelfRecipe<T>[]>, message: string): Promise<void> {
    const { helios, empty, isEmpty } = this.options;
    for (let attempt = 1; ; attempt++) {
      const emptied: string[] = [];
      const saves: { name: string; ref: Reference; message: string; expect?: 'absent' }[] = [];
      for (const [name, recipes] of byName) {
        const found = (await helios.find(name)) as unknown as Reference | null;
        const ref = found ?? helios.create('record', empty() as Record<string, Value>);
        const before = ref.view() as unknown as Readonly<T>;
        const next = ref.edit((draft) => {
          for (const recipe of recipes) recipe(draft as unknown as T, before);
        });
        const isNothing = isEmpty(next.view() as unknown as Readonly<T>);
        if (isNothing && found !== null) emptied.push(name);
        if (next.root !== found?.root && !(isNothing && found === null)) {
          saves.push({ name, ref: next, message, ...(found === null ? { expect: 'absent' } : {}) });
        }
      }
      try {
        const saved = await helios.saveAll(saves);
        for (const version of saved) {
          if (emptied.includes(version.name)) await this.remove(version.name, version);
        }
        return;
      } catch (error) {
        if (!HeliosError.is(error, 'CONFLICT') || attempt >= SHELF_SAVE_TRIES) throw error;
      }
    }
  }

  /** What another process has put there meanwhile stays. */
  private async remove(name: string, expect?: Awaited<ReturnType<Reference['save']>>): Promise<void> {
    try {
      await this.options.helios.delete(name, expect === undefined ? {} : { expect });
    } catch (error) {
      if (!HeliosError.is(error, 'UNKNOWN_OBJECT') && !HeliosError.is(error, 'CONFLICT')) throw error;
    }
  }

  private nameOf(namespace: Namespace): string {
    return this.options.prefix + namespace.map(escaped).join('/');
  }
}

/** A label as a part of a name: what separates parts, what names may not have, and `%` itself are written as %XX. */
function escaped(label: string): string {
  return label.replace(/[%/\p{Cc}]/gu, (character) => encodeURIComponent(character));
}
