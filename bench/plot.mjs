/** Small panels with logarithmic axes, side by side, as SVG: for figures that a person would rather see. */
import * as echarts from 'echarts';

const COLUMNS = 4;
const PANEL = { width: 270, height: 190 };
const INNER = { left: 46, top: 46, width: 205, height: 106 };
const HEAD = 44;
const COLOURS = ['#c2410c', '#475569', '#0f766e'];

/** @param panels `{ title, series: { name, points: [x, y][] }[] }` */
export function plot({ title, panels }) {
  const rows = Math.ceil(panels.length / COLUMNS);
  const size = { width: COLUMNS * PANEL.width, height: HEAD + rows * PANEL.height };
  const corner = (index) => ({
    left: (index % COLUMNS) * PANEL.width,
    top: HEAD + Math.floor(index / COLUMNS) * PANEL.height,
  });
  const axis = (index) => ({ type: 'log', gridIndex: index, axisLabel: { fontSize: 10, formatter: short } });
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  chart.setOption({
    ...{ animation: false, backgroundColor: '#ffffff', color: COLOURS },
    legend: { data: names, right: 20, top: 8 },
    title: [
      { text: title, left: 12, top: 8, textStyle: { fontSize: 15 } },
      ...panels.map((panel, index) => {
        const { left, top } = corner(index);
        return { text: panel.title, left: left + 12, top: top + 12, textStyle: { fontSize: 11, fontWeight: 'normal' } };
      }),
    ],
    grid: panels.map((_, index) => {
      const { left, top } = corner(index);
      return { left: left + INNER.left, top: top + INNER.top, width: INNER.width, height: INNER.height };
    }),
    xAxis: panels.map((_, index) => axis(index)),
    yAxis: panels.map((_, index) => axis(index)),
    series: panels.flatMap(({ series }, index) =>
      series.map(({ name, points }) => ({
        ...{ type: 'line', name, data: points, xAxisIndex: index, yAxisIndex: index, symbolSize: 5 },
        itemStyle: { color: COLOURS[names.indexOf(name) % COLOURS.length] },
      })),
    ),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // For who can't see it.
  return svg.replace(/^<svg[^>]*>/, (opening) => `${opening}<title>${title}</title>`);
}

function short(value) {
  if (value >= 1_000) return `${value / 1_000}k`;
  return String(value);
}
