/** Threads side by side: how each came out, and in what their states differ. */
import Table from 'cli-table3';

/** Characters of a line. */
const WIDTH = 110;

/** @param branches as main.mjs makes them: `{ thread, values, steps, forkBytes, runBytes }` */
export function tableOf(branches) {
  const table = new Table({
    head: ['thread', 'travel', 'hotel', 'price', 'steps', 'fork', 'run'],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { thread, values, steps, forkBytes, runBytes } of branches) {
    const { travel, hotel, total } = values.offer;
    table.push([thread, travel, hotel, `€${total}`, steps, sizeOf(forkBytes), sizeOf(runBytes)]);
  }
  return table.toString();
}

/** What is other in one state of the graph than in another, a line each. */
export function differences(helios, before, after) {
  const [one, other] = [before, after].map((values) => helios.create('record', readable(values)));
  return [...one.diff(other)].map(lineOfChange);
}

export function sizeOf(bytes) {
  return bytes === 0 ? '' : `${(bytes / 1000).toFixed(1)} kB`;
}

/** A message as one line of text. */
export function lineOf({ type, name, text, tool_calls: calls = [] }) {
  const called = calls.map((call) => `${call.name} ${JSON.stringify(call.args)}`);
  return cut(`${name ?? type}: ${text}${called.join(', ')}`);
}

/** The channels as plain data, which Helios can compare: each message as a line. */
function readable({ messages, ...channels }) {
  return { ...channels, messages: messages.map(lineOf) };
}

function lineOfChange({ kind, path, before, after }) {
  const place = `${kind.padEnd(6)} ${path.join('.')}  `;
  const sides = [before, after].filter((value) => value !== undefined).map(textOf);
  const line = place + sides.join(' → ');
  return line.length <= WIDTH ? line : cut(place + sides.at(-1));
}

function textOf(value) {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function cut(line) {
  return line.length <= WIDTH ? line : `${line.slice(0, WIDTH - 1)}…`;
}
