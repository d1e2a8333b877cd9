/**
 * The classes of LangChain objects, by the ids that they serialize under: messages at once, what else is in
 * `@langchain/core` when an object of it is first met, and those that the program gives.
 */
import * as messages from '@langchain/core/messages';
import { HeliosError } from '../../protocol/errors.js';

/** A class whose objects LangChain can serialize: made of one record of arguments. */
export type LangChainClass = abstract new (...args: never[]) => object;
type Constructor = new (kwargs: unknown) => object;

/** Of LangChain's own, by the second word of their ids. */
const MODULES: Readonly<Record<string, () => Promise<object>>> = {
  documents: () => import('@langchain/core/documents'),
  output_parsers: () => import('@langchain/core/output_parsers'),
  prompts: () => import('@langchain/core/prompts'),
  prompt_values: () => import('@langchain/core/prompt_values'),
  runnables: () => import('@langchain/core/runnables'),
};

export interface LangChainObject {
  readonly lc_serializable: true;
  readonly lc_id: readonly string[];
  readonly lc_kwargs: unknown;
}

export function isLangChainObject(value: object): value is LangChainObject {
  return 'lc_serializable' in value && value.lc_serializable === true && 'lc_id' in value && Array.isArray(value.lc_id);
}

export class Classes {
  private readonly known = new Map<string, Constructor>();

  /** @param own classes of the program, by the ids that they serialize under: their `lc_id`, joined by `/` */
  constructor(own: Readonly<Record<string, LangChainClass>>) {
    for (const [id, one] of Object.entries(own)) this.known.set(id, one as unknown as Constructor);
    for (const [name, one] of Object.entries(messages)) {
      if (isClass(one)) this.known.set(`langchain_core/messages/${name}`, one);
    }
  }

  /** The class of an id; `undefined` where it is not known, or not yet. */
  get(id: string): Constructor | undefined {
    return this.known.get(id);
  }

  /** Loads what is needed to make objects of these ids. @throws HeliosError `UNKNOWN_TYPE` for an id of nobody's */
  async prepare(ids: Iterable<string>): Promise<void> {
    for (const id of ids) {
      if (this.known.has(id)) continue;
      const [library, module = ''] = id.split('/');
      const load = library === 'langchain_core' ? MODULES[module] : undefined;
      for (const [name, one] of Object.entries((await load?.()) ?? {})) {
        if (isClass(one)) this.known.set(`langchain_core/${module}/${name}`, one);
      }
      const name = id.split('/').at(-1) ?? '';
      const found = this.known.get(`${library}/${module}/${name}`);
      if (found === undefined) throw unknownClass(id);
      this.known.set(id, found);
    }
  }
}

export function idOf(object: LangChainObject): string {
  return object.lc_id.join('/');
}

export function unknownClass(id: string): HeliosError {
  return new HeliosError(
    'UNKNOWN_TYPE',
    `An object of the class ${id} is stored here, which this program does not know. Give it to HeliosSaver: { classes: { '${id}': … } }.`,
    { details: { type: id } },
  );
}

function isClass(value: unknown): value is Constructor {
  return typeof value === 'function' && typeof value.prototype === 'object';
}
