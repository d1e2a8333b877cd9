/** Ten named values whose roots must be the same in every process, whatever was encoded before. */
export function namedValues() {
  return {
    empty: {},
    scalars: {
      a: null,
      b: true,
      c: false,
      d: 0,
      e: -0,
      f: Number.NaN,
      g: 1.5,
      h: 2 ** 53,
      i: -7,
      j: 1n,
      k: -(2n ** 70n),
    },
    texts: { ascii: 'fox', latin: 'é', wide: 'лиса', lone: '\ud800', empty: '', long: 'x'.repeat(5000) },
    keys: JSON.parse('{"10":1,"9":2,"a.b":3,"__proto__":4,"":5,"constructor":6}'),
    dates: { epoch: new Date(0), before: new Date(-1), late: new Date(8.64e15) },
    bytes: { u8: Uint8Array.of(1, 2), f64: Float64Array.of(0.1), view: new DataView(new ArrayBuffer(3)) },
    maps: {
      map: new Map([
        [1, 'a'],
        ['1', 'b'],
        [true, 'c'],
        [null, 'd'],
      ]),
      set: new Set(['z', 'a', 5, 1n]),
    },
    lists: { empty: [], nested: [[[]], [1, [2]]], long: Array.from({ length: 1000 }, (_, index) => index) },
    agent: {
      name: 'agent-7',
      position: { x: 1.25, y: -3 },
      memory: Array.from({ length: 14 }, (_, index) => ({ at: index, text: `saw a fox ${index}` })),
      goals: ['eat', 'sleep'],
      text: 'lorem ipsum '.repeat(55),
    },
    blocks: { deep: { deeper: { text: 'y'.repeat(3000), list: Array.from({ length: 300 }, (_, n) => `item ${n}`) } } },
  };
}
