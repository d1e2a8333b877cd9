/**
 * What a program of LangGraph holds, to and from what Helios stores: with the classes that objects are of loaded first, and
 * with LangGraph's own serializer in reserve where the program wants that.
 */

import type { SerializerProtocol } from '@langchain/langgraph-checkpoint';
import { type Logger, pino } from 'pino';
import { HeliosError } from '../../protocol/errors.js';
import { Classes, type LangChainClass } from './classes.js';
import { Decoder } from './decode.js';
import { Encoder } from './encode.js';

export interface CodecOptions {
  /** What becomes of what can't be stored as it is. Default: it is refused; `'stock'`: what LangGraph's own serializer makes of it. */
  readonly onUnsupported?: 'throw' | 'stock';
  /** Classes of the program, by the ids under which LangChain serializes them: `lc_id`, joined by `/`. */
  readonly classes?: Readonly<Record<string, LangChainClass>>;
  readonly logger?: Logger;
}

export class Codec {
  private readonly classes: Classes;
  private readonly encoder: Encoder;
  private readonly decoder: Decoder;
  private readonly onUnsupported: 'throw' | 'stock';
  private readonly logger: Logger;

  /** @param serde LangGraph's own serializer */
  constructor(
    { classes = {}, onUnsupported = 'throw', logger }: CodecOptions,
    private readonly serde: SerializerProtocol,
  ) {
    this.classes = new Classes(classes);
    this.encoder = new Encoder(this.classes);
    this.decoder = new Decoder(this.classes, this.encoder);
    this.onUnsupported = onUnsupported;
    this.logger = logger ?? pino({ level: 'silent' });
  }

  /**
   * Of a list's elements that were encoded before and have not changed since, the very same objects.
   * @param met is told the ids of classes that have to be known to decode it
   * @throws HeliosError `UNSUPPORTED_VALUE` (details: `path`, `found`), `UNKNOWN_TYPE` for a class that nobody knows
   */
  async encode(value: unknown, met: Set<string>, ...path: readonly string[]): Promise<unknown> {
    let isStock = false;
    for (let isPrepared = false; ; ) {
      this.encoder.met.clear();
      try {
        const encoded = Array.isArray(value)
          ? this.encoder.elements(value, ...path)
          : this.encoder.encode(value, ...path);
        for (const id of this.encoder.met) met.add(id);
        return encoded;
      } catch (error) {
        if (HeliosError.is(error, 'UNKNOWN_TYPE') && !isPrepared) {
          isPrepared = true;
          await this.classes.prepare([...this.encoder.met]);
          continue;
        }
        if (this.onUnsupported === 'throw' || !HeliosError.is(error, 'UNSUPPORTED_VALUE') || isStock) throw error;
        isStock = true;
        this.logger.warn({ path: error.details.path, found: error.details.found }, error.message);
        value = await this.serde.loadsTyped(...(await this.serde.dumpsTyped(value)));
      }
    }
  }

  /** Makes objects of these classes ready to be decoded. @throws HeliosError `UNKNOWN_TYPE` for one of nobody's */
  async prepare(classes: Iterable<string> = []): Promise<void> {
    await this.classes.prepare(classes);
  }

  /** What was encoded, made anew: the caller's own. @throws HeliosError `UNKNOWN_TYPE` for a class that was not prepared */
  decode(stored: unknown): unknown {
    return this.decoder.decode(stored);
  }
}
