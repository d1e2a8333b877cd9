/**
 * What an object was made out of, carried by the object itself in a private field: nobody sees it, no copy takes it along,
 * no comparison finds it. A WeakMap does the same at several times the price, and histories make a hundred thousand
 * messages. A class may add its fields to any object that its parent's constructor gives back (ECMAScript 2022).
 */

class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the fields of the class below are to be this object's
    return object;
  }
}

export class Stamp extends Given {
  readonly #source: object;

  private constructor(object: object, source: object) {
    super(object);
    this.#source = source;
  }

  /** Marks an object that was just made, once. */
  static put(object: object, source: object): void {
    new Stamp(object, source);
  }

  /** What an object was made out of; `undefined` for one that nobody marked. */
  static of(object: object): object | undefined {
    return #source in object ? object.#source : undefined;
  }
}
