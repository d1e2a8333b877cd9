/**
 * What a tensor is: a record of a dtype, a shape and the data, whose typed array is that of the dtype and holds as many
 * elements as the shape says. Looks at types and lengths and at no element; computes nothing with tensors.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe } from '../protocol/describe.js';
import { BYTE_TYPES, kindOf, type LoadPart, Part, TreeEdit, TreeNode, unitsIn } from '../state/index.js';

interface Data {
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  float32: Float32Array;
  float64: Float64Array;
}

/** What the elements of a tensor are. */
export type Dtype = keyof Data;

/** Elements in row-major order: the last dimension changes fastest. `shape: []` is a single number. */
export type Tensor<D extends Dtype = Dtype> = {
  dtype: D;
  shape: number[];
  data: Data[D];
};

const TYPE_OF: Readonly<Record<Dtype, { readonly name: string; readonly BYTES_PER_ELEMENT: number }>> = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
};

export const DTYPES: readonly string[] = Object.keys(TYPE_OF);
const FIELDS: readonly string[] = ['dtype', 'shape', 'data'];

type Issue = StandardSchemaV1.Issue;

/**
 * What keeps a record from being a tensor.
 * @param load opens the blocks of a state that is being edited; a new value has none
 */
export function tensorIssue(record: Readonly<Record<string, unknown>>, load?: LoadPart): Issue | undefined {
  for (const key of Object.keys(record)) {
    if (!FIELDS.includes(key) && record[key] !== undefined) {
      return { path: [key], message: `a tensor has dtype, shape and data alone, but got "${key}"` };
    }
  }
  const { dtype, shape, data } = record;
  if (!isDtype(dtype)) {
    const known = DTYPES.join(', ');
    return { path: ['dtype'], message: `the dtype of a tensor is one of ${known}, but got ${describe(dtype)}` };
  }
  const sizes = opened(shape, load);
  if (!Array.isArray(sizes)) return { path: ['shape'], message: `a shape is a list, but got ${describe(sizes)}` };
  const wrong = sizes.findIndex((size) => !(Number.isSafeInteger(size) && size >= 0) || Object.is(size, -0));
  if (wrong >= 0) {
    const found = describe(sizes[wrong]);
    return { path: ['shape', wrong], message: `the sizes in a shape are whole numbers from 0, but got ${found}` };
  }
  return dataIssue(dtype, sizes, opened(data, load));
}

function dataIssue(dtype: Dtype, shape: readonly number[], data: unknown): Issue | undefined {
  const type = TYPE_OF[dtype];
  const { name, bytes } = bytesIn(data);
  if (name !== type.name) {
    return { path: ['data'], message: `the data of a ${dtype} tensor is a ${type.name}, but got ${name}` };
  }
  const expected = shape.reduce((product, size) => product * size, 1);
  const length = bytes / type.BYTES_PER_ELEMENT;
  if (length === expected) return undefined;
  const said = `[${shape.join(', ')}]`;
  return { path: ['data'], message: `a tensor of shape ${said} has ${expected} elements, but got ${length}` };
}

/** Of a typed array, or of the top of one that is split: which it is, and how long. */
function bytesIn(data: unknown): { readonly name: string; readonly bytes: number } {
  if (data instanceof TreeNode || data instanceof TreeEdit) {
    const { type } = data instanceof TreeEdit ? data.base : data;
    return { name: BYTE_TYPES[type]?.name ?? '', bytes: unitsIn(data) };
  }
  if (kindOf(data) !== 'bytes') return { name: describe(data), bytes: 0 };
  const view = data as ArrayBufferView;
  return { name: Buffer.isBuffer(view) ? 'Uint8Array' : view.constructor.name, bytes: view.byteLength };
}

function opened(value: unknown, load: LoadPart | undefined): unknown {
  return value instanceof Part && load !== undefined ? load(value) : value;
}

function isDtype(dtype: unknown): dtype is Dtype {
  return typeof dtype === 'string' && Object.hasOwn(TYPE_OF, dtype);
}
