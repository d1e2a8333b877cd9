import { describe, expect, it } from 'vitest';
import { tensorType } from '../../src/restore/builtIn.js';
import { DTYPES } from '../../src/restore/tensor.js';
import { validate } from '../../src/restore/validate.js';

const ARRAYS = [
  ...[Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[BigInt64Array, BigUint64Array, Float32Array, Float64Array],
];

function refusalOf(value: unknown): unknown {
  try {
    validate(tensorType, value, 'create');
    return undefined;
  } catch (error) {
    const { details, message } = error as { details: { path: unknown }; message: string };
    return [details.path, message.replace(/^.*refuses the value to create(, at [^:]*)?: /, '')];
  }
}

describe('a tensor', () => {
  it.each(DTYPES.map((dtype, index) => [dtype, ARRAYS[index]] as const))(
    'of %s holds the typed array of it and no other',
    (dtype, View = Int8Array) => {
      expect(refusalOf({ dtype, shape: [2, 3], data: new View(6) })).toBeUndefined();
      for (const Other of ARRAYS) {
        if (Other === View) continue;
        const message = `the data of a ${dtype} tensor is a ${View.name}, but got ${Other.name}.`;
        expect(refusalOf({ dtype, shape: [6], data: new Other(6) })).toEqual([['data'], message]);
      }
    },
  );

  it('may have any number of dimensions, and none of a size', () => {
    const floats = (length: number) => new Float32Array(length);
    expect(refusalOf({ dtype: 'float32', shape: [], data: floats(1) })).toBeUndefined();
    expect(refusalOf({ dtype: 'float32', shape: [0], data: floats(0) })).toBeUndefined();
    expect(refusalOf({ dtype: 'float32', shape: [3, 0, 2], data: floats(0) })).toBeUndefined();
    expect(refusalOf({ dtype: 'float32', shape: [2, 2, 2, 2], data: floats(16) })).toBeUndefined();
  });

  it.each([
    [{ shape: [1], data: new Float32Array(1) }, ['dtype'], 'but got undefined'],
    [{ dtype: 'float16', shape: [1], data: new Float32Array(1) }, ['dtype'], 'but got the text "float16"'],
    [{ dtype: 'toString', shape: [1], data: new Float32Array(1) }, ['dtype'], 'is one of int8, uint8'],
    [{ dtype: 'float32', data: new Float32Array(1) }, ['shape'], 'a shape is a list, but got undefined'],
    [{ dtype: 'float32', shape: [2, 1.5], data: new Float32Array(3) }, ['shape', 1], 'but got 1.5'],
    [{ dtype: 'float32', shape: [-1], data: new Float32Array(0) }, ['shape', 0], 'but got -1'],
    [{ dtype: 'float32', shape: [-0], data: new Float32Array(0) }, ['shape', 0], 'but got -0'],
    [{ dtype: 'float32', shape: ['1'], data: new Float32Array(1) }, ['shape', 0], 'but got the text "1"'],
    [
      { dtype: 'float32', shape: [2, 2], data: new Float32Array(3) },
      ['data'],
      'shape [2, 2] has 4 elements, but got 3',
    ],
    [{ dtype: 'float32', shape: [], data: new Float32Array(0) }, ['data'], 'shape [] has 1 elements, but got 0'],
    [{ dtype: 'float32', shape: [1], data: [1] }, ['data'], 'is a Float32Array, but got an array of 1'],
    [{ dtype: 'float32', shape: [1] }, ['data'], 'is a Float32Array, but got undefined'],
    [{ dtype: 'uint8', shape: [1], data: new Uint8ClampedArray(1) }, ['data'], 'but got Uint8ClampedArray'],
    [{ dtype: 'uint8', shape: [1], data: new Uint8Array(1), device: 'gpu' }, ['device'], 'but got "device"'],
  ])('says where it is none: %o', (value, path, message) => {
    expect(refusalOf(value)).toEqual([path, expect.stringContaining(message)]);
  });

  it('takes a Buffer as bytes, and a field that is undefined as none', () => {
    expect(refusalOf({ dtype: 'uint8', shape: [2], data: Buffer.of(1, 2), name: undefined })).toBeUndefined();
  });
});
