/**
 * Ten values and the roots that they have had since format 0 was fixed. A root that changes here is a new format: data
 * that is stored under the old one would not be found to be the same.
 */
export interface NamedValue {
  readonly value: unknown;
  readonly root: string;
}

export const NAMED_VALUES: Readonly<Record<string, NamedValue>> = {
  null: {
    value: null,
    root: '0bab81a085a2fed1fdceb2842c56b927a476ee7c759869f1deaa712357ed9800',
  },
  numbers: {
    value: [
      ...[0, -0, 1, -1, 127, 128, -128, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      ...[Number.MIN_VALUE, Number.MAX_VALUE, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 53) + 1, -(2 ** 53)],
    ],
    root: '3cab977c173f9c57188ad338dfc695fc3aa5fb8d7973a9fa1a2b112bdf0264dc',
  },
  bigints: {
    value: [0n, 1n, -1n, 255n, 256n, 2n ** 64n, -(2n ** 200n)],
    root: '4b2c08f3b8bb94a14d6b0b658f5f3db1dbd4a5d6a505990da437a2c6c7ae301f',
  },
  texts: {
    value: ['', 'fox', 'Füchsin', '狐', '🦊', '\ud83e', 'x'.repeat(63), 'x'.repeat(64)],
    root: 'f7fdf9dd54729aa7832203709782adc90c96c45545fa4b2765e6895914ca7819',
  },
  record: {
    value: { name: 'ann', hp: 10, '10': 'ten', '9': 'nine', '': null, ['__proto__']: true, none: undefined },
    root: 'f87bf0df087dba516e4622e5e52131729f776dedf5edfbc86856c386eeec1257',
  },
  'bare record': {
    value: Object.assign(Object.create(null) as object, { a: Object.create(null) as object, b: {} }),
    root: 'a5b2d5aa315a29d6f26b468c6b396841dd2fa6ab21642a87c2359298a8589a71',
  },
  'Map and Set': {
    value: new Map<unknown, unknown>([
      ['b', new Set([3, '3', 3n, null, true, Number.NaN])],
      [{ x: 1 }, 'a record'],
      [[1, 2], 'a list'],
      [{ x: 1 }, 'another'],
      [7, new Map()],
      [-7.5, new Set()],
    ]),
    root: 'ea101c5f8e3fd040c50993937e2d8dfe20ff185f50d391453474b964c1dfc4df',
  },
  'dates and bytes': {
    value: {
      dates: [new Date(0), new Date(-1), new Date(8.64e15)],
      bytes: new Uint8Array([0, 1, 254, 255]),
      floats: new Float32Array([1.5, -0]),
      big: new BigInt64Array([-1n]),
      view: new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
    },
    root: 'ab40f1d87d76936a2a087f9d3f9c824393e58ac60ce88bdc2d793514f6dc46f8',
  },
  agent: {
    value: {
      name: 'agents/7',
      position: { x: 12.25, y: -3 },
      memories: Array.from({ length: 14 }, (_, index) => ({
        at: index * 1000,
        saw: index % 3 === 0 ? 'a fox' : 'nothing',
      })),
      goals: ['eat', 'sleep'],
      notes: 'It was a dark night. '.repeat(31),
    },
    root: 'a071f4dd5bc06cdc583fba5cadd51b8ab60e93b160e9fa903d8cf266a3994e9f',
  },
  world: {
    value: {
      regions: Array.from({ length: 12 }, (_, region) => ({
        id: region,
        text: `Region ${region}: `.padEnd(2_000, 'är'),
        agents: Array.from({ length: 40 }, (_, id) => ({
          id,
          hp: (id * 7) % 100,
          tags: new Set(['fox', `t${id % 5}`]),
        })),
      })),
      wide: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`key${index}`, index / 4])),
    },
    root: '559208a185bdcddaa1a649730314321e0522b6c2bd65a6af9d086dd9ab0eec14',
  },
};
