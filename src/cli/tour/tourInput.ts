/**
 * What a tour is taken on: a large document with its releases, a population of small objects, and where the store is to
 * be. The small one ships with the package (sample.ts), the big one is in examples/tour.
 */

export interface TourInput {
  readonly document: TourDocument;
  readonly population: TourPopulation;
  /** Absolute path of a directory that the tour makes anew; see directory.ts for what it may replace. */
  readonly storeDir: string;
  /** How the reader starts the `helios` command in a shell, for the lines that say what to try next. */
  readonly command: string;
}

export interface TourDocument {
  /** The name it is saved under. */
  readonly name: string;
  /** Oldest first; each becomes a version. Read one at a time, and more than once. */
  readonly releases: readonly Release[];
  /** Places that are asked for by path, and how plain JavaScript finds them in the last release. */
  readonly places: readonly Place[];
}

export interface Release {
  readonly label: string;
  /** The JSON text of an object. */
  readonly text: () => Promise<string>;
}

export interface Place {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: whoever describes a document knows its shape, we don't.
  readonly of: (document: any) => unknown;
}

export interface TourPopulation {
  /** What one of them is called in the tour's words, for example `payload`. */
  readonly noun: string;
  /** At least ten, each under a name of its own. */
  readonly members: () => Promise<readonly Member[]>;
}

export interface Member {
  readonly name: string;
  readonly value: JsonObject;
}

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
