/**
 * The types that one Helios knows, by name: the built-in ones and those it was opened with. One name means one constant,
 * so that two modules can't read the same stored bytes in two ways.
 */
import { HeliosError } from '../protocol/errors.js';
import { didYouMean } from '../protocol/names.js';
import { BUILT_IN_TYPES } from './builtIn.js';
import { type AnyObjectType, isObjectType } from './type.js';

/** Names listed in the message of an error; `details.known` has more. */
const NAMED_MAX = 12;
/** Names in `details.known`. */
const KNOWN_MAX = 100;

export class TypeRegistry {
  private readonly types = new Map<string, AnyObjectType>(BUILT_IN_TYPES.map((type) => [type.name, type]));

  constructor(types: Iterable<AnyObjectType> = []) {
    for (const type of types) this.register(type);
  }

  /**
   * Makes a type known. The same constant again is nothing new.
   * @throws HeliosError `INVALID_REQUEST` (details: `type`) when another constant has its name, or it is no type
   */
  register(type: AnyObjectType): void {
    if (!isObjectType(type)) {
      throw new HeliosError('INVALID_REQUEST', 'A type is what defineType makes; got something else.');
    }
    const known = this.types.get(type.name);
    if (known === type) return;
    if (known !== undefined) {
      throw new HeliosError(
        'INVALID_REQUEST',
        `Two different types are called "${type.name}". Define it once and import that constant everywhere.`,
        { details: { type: type.name } },
      );
    }
    this.types.set(type.name, type);
  }

  get(name: string): AnyObjectType | undefined {
    return this.types.get(name);
  }

  /** @throws HeliosError `UNKNOWN_TYPE` (details: `type`, `known`) */
  require(name: string): AnyObjectType {
    return this.types.get(name) ?? this.refuse(name);
  }

  /** In the order they were registered, the built-in ones first. */
  names(): readonly string[] {
    return [...this.types.keys()];
  }

  /** As workers announce them: `type@version`. */
  known(): readonly string[] {
    return [...this.types.values()].map(({ name, version }) => `${name}@${version}`);
  }

  private refuse(name: string): never {
    const names = this.names();
    const more = names.length > NAMED_MAX ? `, and ${names.length - NAMED_MAX} more` : '';
    const known = names.slice(-NAMED_MAX).join(', ');
    throw new HeliosError(
      'UNKNOWN_TYPE',
      `No type "${name}" is known here.${didYouMean(name, names)} Known are ${known}${more}. Add it to the types that Helios is opened with, or to helios.config.js.`,
      { details: { type: name, known: names.slice(-KNOWN_MAX) } },
    );
  }
}
