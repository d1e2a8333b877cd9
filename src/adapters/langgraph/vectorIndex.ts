/** Search by meaning: what is embedded of an item, and how like it is to a query. Compares each vector, one by one. */
import type { IndexConfig, PutOperation } from '@langchain/langgraph-checkpoint';
import { HeliosError } from '../../protocol/errors.js';
import { textsAt } from './textAt.js';

/** Of one item, by the field that was embedded. */
export type Vectors = Readonly<Record<string, Float32Array>>;

export interface VectorQuery {
  /** The cosine (-1 to 1) of the item's vector that is nearest to the query. */
  score(vectors: Vectors): number;
}

const WHOLE = ['$'];

export class VectorIndex {
  constructor(private readonly config: IndexConfig) {}

  async query(text: string): Promise<VectorQuery> {
    const wanted = this.checked(await this.config.embeddings.embedQuery(text));
    return { score: (vectors) => Math.max(...Object.values(vectors).map((vector) => cosine(wanted, vector))) };
  }

  /** The vectors of what is to be put; each text is embedded once. */
  async embed(puts: readonly PutOperation[]): Promise<ReadonlyMap<PutOperation, Vectors>> {
    const places: { readonly put: PutOperation; readonly field: string; readonly text: string }[] = [];
    for (const put of puts) {
      if (put.value === null || put.index === false) continue;
      for (const path of put.index ?? this.config.fields ?? WHOLE) {
        const texts = textsAt(put.value, path);
        for (const [at, text] of texts.entries()) {
          places.push({ put, field: texts.length === 1 ? path : `${path}.${at}`, text });
        }
      }
    }
    const texts = [...new Set(places.map(({ text }) => text))];
    const vectors = texts.length === 0 ? [] : await this.config.embeddings.embedDocuments(texts);
    if (vectors.length !== texts.length) {
      throw new HeliosError(
        'INVALID_REQUEST',
        `The embeddings gave ${vectors.length} vectors for ${texts.length} texts.`,
      );
    }
    const byText = new Map(texts.map((text, at) => [text, this.checked(vectors[at] ?? [])]));
    const byPut = new Map<PutOperation, Record<string, Float32Array>>();
    for (const { put, field, text } of places) {
      const known = byPut.get(put) ?? {};
      byPut.set(put, { ...known, [field]: byText.get(text) ?? new Float32Array() });
    }
    return byPut;
  }

  private checked(vector: readonly number[]): Float32Array {
    if (vector.length === this.config.dims) return Float32Array.from(vector);
    const text = `The embeddings gave a vector of ${vector.length} numbers, but index.dims says ${this.config.dims}.`;
    throw new HeliosError('INVALID_REQUEST', text);
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, ofA, ofB] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [a[at] ?? 0, b[at] ?? 0];
    dot += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA === 0 || ofB === 0 ? 0 : dot / Math.sqrt(ofA * ofB);
}
