/** The figures as one table: for a terminal, or as Markdown for docs/benchmarks.md. */
import Table from 'cli-table3';

export function table(results) {
  const rows = new Table({
    head: ['', 'Helios', 'peer', '', 'ratio'],
    colAligns: ['left', 'right', 'right', 'left', 'right'],
    style: { head: [], border: [], compact: true },
  });
  let entry;
  for (const result of results) {
    if (result.entry !== entry) {
      if (entry !== undefined) rows.push([{ content: '', colSpan: 5 }]);
      rows.push([{ content: result.entry, colSpan: 5 }]);
      entry = result.entry;
    }
    rows.push([`  ${result.label}`, ...cells(result)]);
  }
  return `${rows.toString()}
Times are p50 / p95 / p99 in microseconds, from raw samples. The ratio is Helios' median time by the peer's: below 1
Helios is quicker, above 1 it loses; the median over the rounds, with the lowest and the highest. "By hand" is the same
with lmdb, blake3 and msgpackr (bench/by-hand.mjs). All reads verify; Helios always freezes what it gives.`;
}

export function markdownTable(results) {
  const rows = results.map((result) => [`${result.entry}: ${result.label}`, ...cells(result)]);
  const head = [
    ['', 'Helios', 'peer', '', 'ratio (lowest to highest)'],
    ['---', '--:', '--:', '---', '--:'],
  ];
  return [...head, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function cells({ figure, unit, subject, peer, ratio: ratios }) {
  if (figure !== undefined) return counted(figure);
  const { min, median, max } = ratios;
  const spread = `${ratio(median)} (${ratio(min)} to ${ratio(max)})`;
  return [cell(unit, subject), cell(unit, peer), peer.name, spread];
}

function counted({ value, unit, toReach, peer }) {
  const ours = `${amount(value)} ${unit}`;
  if (peer === undefined) return [ours, '', toReach === undefined ? '' : `to reach: ${toReach}`, ''];
  const name = toReach === undefined ? peer.name : `${peer.name}; to reach: ${toReach}`;
  return [ours, `${amount(peer.value)} ${unit}`, name, ratio(value / peer.value)];
}

function amount(value) {
  return value >= 1_000 ? Math.round(value).toLocaleString('en-US') : Number(value.toPrecision(3)).toString();
}

function cell(unit, { p50, p95, p99 }) {
  if (unit === 'operations a second') return `${Math.round(p50).toLocaleString('en-US')} /s`;
  return [p50, p95, p99].map(time).join(' / ');
}

function time(us) {
  if (us < 1) return us.toFixed(3);
  return us < 10 ? us.toFixed(1) : Math.round(us).toLocaleString('en-US');
}

function ratio(value) {
  if (value < 0.1) return Number(value.toPrecision(2)).toString();
  return value.toFixed(value < 10 ? 2 : 0);
}
