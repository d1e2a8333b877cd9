/** How the inspector's pages look, by day and by night. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f5f6f8; --card: #ffffff; --line: #dfe3e8; --text: #1c2430; --dim: #667182; --accent: #2f6fed;
  --good: #14804a; --good-soft: #e0f5ea; --busy: #a05a00; --busy-soft: #fff1d9; --bad: #b3261e; --bad-soft: #fde7e5;
  --off: #5b6573; --off-soft: #e9ecf0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --card: #1a2029; --line: #2b3440; --text: #e6eaf0; --dim: #94a0b0; --accent: #7aa5ff;
    --good: #63d49a; --good-soft: #16382a; --busy: #f2b75c; --busy-soft: #3d2f14; --bad: #ff8f86; --bad-soft: #451f1c;
    --off: #a4afbd; --off-soft: #2a323d;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 14px/1.45 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; padding: 10px 20px; background: var(--card);
  border-bottom: 1px solid var(--line); position: sticky; top: 0; z-index: 1; }
h1 { font-size: 17px; margin: 0 6px 0 0; }
h1 .dim { font-weight: 400; }
h2 { font-size: 15px; margin: 0 0 10px; }
h3 { font-size: 13px; margin: 14px 0 6px; }
.space { flex: 1; }
.dim { color: var(--dim); }
.warn { color: var(--busy); }
.dot { width: 9px; height: 9px; border-radius: 50%; background: var(--off); margin-right: -6px; }
.dot.good { background: var(--good); } .dot.busy { background: var(--busy); } .dot.bad { background: var(--bad); }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
button { font: inherit; color: inherit; cursor: pointer; background: none; border: 1px solid var(--line);
  border-radius: 7px; padding: 3px 11px; }
button:hover { border-color: var(--accent); }
button:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
main { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 16px; padding: 16px 20px;
  max-width: 1600px; margin: 0 auto; align-items: start; }
@media (max-width: 1000px) { main { grid-template-columns: minmax(0, 1fr); } }
.left > section, aside { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; }
.left > section { margin-bottom: 16px; }
aside { position: sticky; top: 62px; max-height: calc(100vh - 78px); overflow: auto; }
@media (max-width: 1000px) { aside { position: static; max-height: none; } }
.process { padding: 2px 0 8px; }
.process h3 { margin-top: 2px; }
.process + .process { border-top: 1px solid var(--line); padding-top: 10px; }
.process.gone { opacity: .55; }
.actors { display: flex; flex-wrap: wrap; gap: 8px; }
.actor { display: flex; align-items: center; gap: 8px; padding: 6px 10px; border-radius: 9px; text-align: left;
  max-width: 100%; }
.actor .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.actor.selected { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.chip { display: inline-block; border-radius: 20px; padding: 1px 9px; font-size: 12px; font-weight: 600;
  white-space: nowrap; }
.chip.good { color: var(--good); background: var(--good-soft); } .chip.busy { color: var(--busy); background: var(--busy-soft); }
.chip.bad { color: var(--bad); background: var(--bad-soft); } .chip.off { color: var(--off); background: var(--off-soft); }
#ended { display: inline-flex; gap: 6px; margin-left: 8px; vertical-align: 1px; }
table { border-collapse: collapse; width: 100%; }
.requests td { padding: 3px 8px 3px 0; white-space: nowrap; border-bottom: 1px solid var(--line); }
.requests tr:last-child td { border-bottom: 0; }
.requests td:nth-child(2) { width: 99%; max-width: 0; overflow: hidden; text-overflow: ellipsis; }
.requests tr.selected td { background: color-mix(in srgb, var(--accent) 12%, transparent); }
.requests tbody, .log { font-variant-numeric: tabular-nums; }
.scroll { max-height: 330px; overflow: auto; }
.worker { display: inline-block; max-width: 15ch; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; }
.requests td:last-child { text-align: right; padding-right: 2px; }
.link { border: 0; padding: 0; color: var(--text); text-align: left; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; max-width: 100%; }
.link:hover { color: var(--accent); }
.log { list-style: none; margin: 0; padding: 0; max-height: 300px; overflow: auto; font-size: 13px; }
.log li { display: flex; gap: 10px; padding: 2px 0; align-items: baseline; white-space: nowrap; }
.log .link { max-width: 42%; }
code { font: 12px ui-monospace, monospace; background: var(--off-soft); border-radius: 5px; padding: 1px 6px; }
.empty { color: var(--dim); margin: 6px 0; }
aside h2 { overflow-wrap: anywhere; margin-bottom: 2px; }
aside .log { max-height: 190px; }
aside > p { margin: 0 0 10px; font-size: 12px; overflow-wrap: anywhere; }
.context th { text-align: left; vertical-align: top; font-weight: 400; color: var(--dim); padding: 2px 14px 2px 0;
  white-space: nowrap; }
.context td { width: 99%; font: 12px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.chart { width: 100%; max-height: 300px; display: block; background: var(--ground); border-radius: 10px; }
.state rect { fill: var(--card); stroke: var(--off); stroke-width: 1.2; }
.state .inner { fill: none; stroke-width: .8; }
.state text { fill: var(--text); font-size: 13px; text-anchor: middle; }
.state.now rect { stroke-width: 2; } .state.now text { font-weight: 700; }
.state.now.good rect { fill: var(--good-soft); stroke: var(--good); } .state.now.good text { fill: var(--good); }
.state.now.busy rect { fill: var(--busy-soft); stroke: var(--busy); } .state.now.busy text { fill: var(--busy); }
.state.now.bad rect { fill: var(--bad-soft); stroke: var(--bad); } .state.now.bad text { fill: var(--bad); }
.state.now.off rect { fill: var(--off-soft); stroke: var(--off); }
.state .start { fill: var(--off); }
.arrow { fill: none; stroke: var(--off); stroke-width: 1.1; opacity: .35; }
.arrow.out { opacity: .9; }
.arrow.taken { stroke: var(--accent); stroke-width: 2; opacity: 1; }
.head { fill: var(--off); }
.head-taken { fill: var(--accent); }
.label { fill: var(--dim); font-size: 10px; text-anchor: middle; paint-order: stroke; stroke: var(--ground); stroke-width: 4px; }
.label.taken { fill: var(--accent); }
.bridge { display: flex; flex-direction: column; height: 100vh; }
.bridge p { padding: 10px 16px; margin: 0; }
.bridge iframe { flex: 1; border: 0; width: 100%; }
`;
