/**
 * A statechart as a picture: where its states stand and how its arrows run. States that follow one another stand in
 * columns from left to right, final ones in the last. Pure; whoever draws it decides on colours.
 */

export const BOX = { width: 104, height: 34 };
const GAP = { x: 62, y: 26 };
const MARGIN = 16;
/** How far an arrow that runs back, or over others, leaves the row. */
const DETOUR = 30;

/**
 * @typedef {{ name: string, x: number, y: number, isFinal: boolean, isInitial: boolean, stays: string[], description: string }} Box
 * @typedef {{ from: string, to: string, events: string[], path: string, labelX: number, labelY: number }} Arrow
 * @typedef {{ width: number, height: number, boxes: Box[], arrows: Arrow[] }} Chart
 */

/**
 * @param {string} definition a machine's config as JSON
 * @returns {Chart | null} null for what has no states
 */
export function layOut(definition) {
  const machine = parse(definition);
  const states = recordOf(machine.states);
  const names = Object.keys(states);
  if (names.length === 0) return null;
  const initial = typeof machine.initial === 'string' ? machine.initial : (names[0] ?? '');
  const edges = edgesOf(states);
  const columns = columnsOf(names, states, initial, edges);
  const rows = Math.max(...columns.map((column) => column.length));
  const height = MARGIN * 2 + (rows - 1) * GAP.y + rows * BOX.height + 2 * DETOUR;
  /** @type {Map<string, Box>} */
  const boxes = new Map();
  columns.forEach((column, index) => {
    const tall = column.length * BOX.height + (column.length - 1) * GAP.y;
    column.forEach((name, row) => {
      const state = recordOf(states[name]);
      boxes.set(name, {
        ...{ name, x: MARGIN + index * (BOX.width + GAP.x), y: (height - tall) / 2 + row * (BOX.height + GAP.y) },
        ...{ isFinal: state.type === 'final', isInitial: name === initial },
        stays: edges.filter(({ from, to }) => from === name && to === name).map(({ event }) => event),
        description: typeof state.description === 'string' ? state.description : '',
      });
    });
  });
  const width = MARGIN * 2 + columns.length * BOX.width + (columns.length - 1) * GAP.x;
  return { width, height, boxes: [...boxes.values()], arrows: arrowsOf(edges, boxes) };
}

/**
 * @param {Readonly<Record<string, unknown>>} states
 * @returns {{ from: string, to: string, event: string }[]} a transition without a target leads to its own state
 */
function edgesOf(states) {
  return Object.entries(states).flatMap(([from, state]) =>
    Object.entries(recordOf(recordOf(state).on)).flatMap(([event, transitions]) =>
      [transitions].flat().map((transition) => ({ from, event, to: targetOf(transition, states) ?? from })),
    ),
  );
}

function targetOf(/** @type {unknown} */ transition, /** @type {object} */ states) {
  const target = typeof transition === 'string' ? transition : recordOf(transition).target;
  const [first] = [target].flat();
  return typeof first === 'string' && Object.hasOwn(states, first) ? first : undefined;
}

/**
 * @param {readonly string[]} names
 * @param {Readonly<Record<string, unknown>>} states
 * @param {string} initial
 * @param {readonly { from: string, to: string }[]} edges
 * @returns {string[][]}
 */
function columnsOf(names, states, initial, edges) {
  const isFinal = (/** @type {string} */ name) => recordOf(states[name]).type === 'final';
  /** @type {string[][]} */
  const columns = [];
  const placed = new Set();
  for (let column = [initial]; column.length > 0; ) {
    columns.push(column);
    for (const name of column) placed.add(name);
    const next = edges.filter(({ from, to }) => column.includes(from) && !placed.has(to) && !isFinal(to));
    const reached = new Set(next.map(({ to }) => to));
    column = names.filter((name) => reached.has(name));
  }
  const unreached = names.filter((name) => !placed.has(name) && !isFinal(name));
  const finals = names.filter((name) => !placed.has(name) && isFinal(name));
  return [...columns, unreached, finals].filter((column) => column.length > 0);
}

/**
 * @param {readonly { from: string, to: string, event: string }[]} edges
 * @param {ReadonlyMap<string, Box>} boxes
 * @returns {Arrow[]} one for all events that lead from one state to another
 */
function arrowsOf(edges, boxes) {
  /** @type {Map<string, Arrow>} */
  const arrows = new Map();
  for (const { from, to, event } of edges) {
    if (from === to) continue;
    const key = `${from}\n${to}`;
    const known = arrows.get(key);
    const [start, end] = [boxes.get(from), boxes.get(to)];
    if (known !== undefined) {
      if (!known.events.includes(event)) known.events.push(event);
    } else if (start !== undefined && end !== undefined) {
      arrows.set(key, { from, to, events: [event], ...pathOf(start, end, [...boxes.values()]) });
    }
  }
  return [...arrows.values()];
}

function pathOf(/** @type {Box} */ start, /** @type {Box} */ end, /** @type {readonly Box[]} */ boxes) {
  const between = boxes.filter(({ x }) => x > Math.min(start.x, end.x) && x < Math.max(start.x, end.x));
  const middle = BOX.height / 2;
  const [right, left] = [start.x + BOX.width, end.x];
  const gap = left - right;
  if (gap > GAP.x + 1 && Math.abs(start.y - end.y) < BOX.height) return over(start, end, between, -1);
  if (gap > 0) {
    const [fromY, toY] = [start.y + middle, end.y + middle - (end.y === start.y ? 5 : 0)];
    const fromYShifted = end.y === start.y ? fromY - 5 : fromY;
    const half = Math.max(24, gap / 2);
    return {
      path: `M${right} ${fromYShifted} C${right + half} ${fromYShifted} ${left - half} ${toY} ${left} ${toY}`,
      labelX: (right + left) / 2,
      labelY: (fromYShifted + toY) / 2 - 5,
    };
  }
  if (start.x === end.x) {
    const isDown = start.y < end.y;
    const [fromY, toY] = [start.y + (isDown ? BOX.height : 0), end.y + (isDown ? 0 : BOX.height)];
    const x = start.x + BOX.width / 2 + (isDown ? 12 : -12);
    return { path: `M${x} ${fromY} L${x} ${toY}`, labelX: x, labelY: (fromY + toY) / 2 };
  }
  if (-gap <= 2 * BOX.width + GAP.x + 1) {
    const [fromY, toY] = [start.y + middle + 6, end.y + middle + 6];
    const [fromX, toX] = [start.x, end.x + BOX.width];
    return {
      path: `M${fromX} ${fromY} C${fromX - 30} ${fromY} ${toX + 30} ${toY} ${toX} ${toY}`,
      labelX: (fromX + toX) / 2,
      labelY: (fromY + toY) / 2 + 12,
    };
  }
  return over(start, end, between, 1);
}

/** Out of the row, past those between, and in from the side: over them (-1) or under them (1). */
function over(
  /** @type {Box} */ start,
  /** @type {Box} */ end,
  /** @type {readonly Box[]} */ between,
  /** @type {-1 | 1} */ side,
) {
  const isBack = end.x < start.x;
  const edge = (/** @type {Box} */ box) => (side < 0 ? box.y : box.y + BOX.height);
  const edges = [start, end, ...between].map(edge);
  const away = side * DETOUR * 1.2 + (side < 0 ? Math.min(...edges) : Math.max(...edges));
  const fromX = start.x + BOX.width / 2;
  const [toX, toY] = [isBack ? end.x + BOX.width : end.x, end.y + BOX.height / 2 + side * 7];
  return {
    path: `M${fromX} ${edge(start)} C${fromX} ${away} ${toX + (isBack ? 60 : -60)} ${away} ${toX} ${toY}`,
    labelX: (fromX + toX) / 2,
    labelY: away + (side < 0 ? 8 : 0),
  };
}

/** @returns {Readonly<Record<string, unknown>>} */
function parse(/** @type {string} */ definition) {
  try {
    return recordOf(JSON.parse(definition));
  } catch {
    return {};
  }
}

/** @returns {Readonly<Record<string, unknown>>} */
function recordOf(/** @type {unknown} */ value) {
  return typeof value === 'object' && value !== null ? /** @type {Record<string, unknown>} */ (value) : {};
}
