/**
 * Ten values and the roots that they have had since format 1 was fixed. A root that changes here is a new format: data
 * that is stored under the old one would not be found to be the same.
 */
export interface NamedValue {
  readonly value: unknown;
  readonly root: string;
}

export const NAMED_VALUES: Readonly<Record<string, NamedValue>> = {
  null: {
    value: null,
    root: '1a0d12016999e47689dae5744d2b8c1903faf7ca2886a658150083100ef2c8ee',
  },
  numbers: {
    value: [
      ...[0, -0, 1, -1, 127, 128, -128, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      ...[Number.MIN_VALUE, Number.MAX_VALUE, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 53) + 1, -(2 ** 53)],
    ],
    root: '3001dabed963518b39e4958419578a2090bce23472a1fb36390199dc8db0810d',
  },
  bigints: {
    value: [0n, 1n, -1n, 255n, 256n, 2n ** 64n, -(2n ** 200n)],
    root: 'd5ba25b71b443feae1434a97532ba899f083f56dd703a845d126236c73dc8202',
  },
  texts: {
    value: ['', 'fox', 'Füchsin', '狐', '🦊', '\ud83e', 'x'.repeat(63), 'x'.repeat(64)],
    root: 'f709959a4cba03ea33390df24127890cef14c29d4833311d6af6eb8df0ed8123',
  },
  record: {
    value: { name: 'ann', hp: 10, '10': 'ten', '9': 'nine', '': null, ['__proto__']: true, none: undefined },
    root: '3ae61aa57ad4251c1d06a6f7b27ea7c3714834ba4579add7f699a5532a7d2963',
  },
  'bare record': {
    value: Object.assign(Object.create(null) as object, { a: Object.create(null) as object, b: {} }),
    root: 'bde85fa3946e17ebaa177b6d09b3a5ce6deb767591ed3270d827d5a369286222',
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
    root: '5d237a90ef73888d291faed733649a26ae54e3a5343d22d14ccdc78e13c75fa6',
  },
  'dates and bytes': {
    value: {
      dates: [new Date(0), new Date(-1), new Date(8.64e15)],
      bytes: new Uint8Array([0, 1, 254, 255]),
      floats: new Float32Array([1.5, -0]),
      big: new BigInt64Array([-1n]),
      view: new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
    },
    root: '08a12cb39ef5925fa83a48f3b77a8ee88e0ebe9fd24c0fbed59957e2ce500ce4',
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
    root: '7e3bc312e833cb10b86002cb61726398e8e0da6002edc1f742387b82fd04c6f2',
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
    root: '0af0fd7d8fb27c9e3c0e49fd094c1c4b1c1478d49661a05ac31381b4970c07eb',
  },
};
