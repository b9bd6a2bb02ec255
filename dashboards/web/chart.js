// Charts, drawn by ECharts once it is loaded: after the first paint, for who comes to see carts and customers.

import { words } from "./format.js";

const charts = new Map();
const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 600px)");
let library = null;

function loaded() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/live/echarts.min.js";
    script.addEventListener("load", () => resolve(window.echarts));
    script.addEventListener("error", () => {
      library = null;
      script.remove();
      reject(new Error("ECharts can't be loaded"));
    });
    document.head.append(script);
  });
  return library;
}

/** Draws the panel into the element, or draws it anew. */
export async function charted(node, panel) {
  charts.set(node, panel);
  let echarts;
  try {
    echarts = await loaded();
  } catch (error) {
    console.warn(error.message); // the numbers are there as a table; tried again with the next ones
    return;
  }
  draw(echarts, node, panel);
}

function draw(echarts, node, panel) {
  const theme = dark.matches ? "dark" : "light";
  let chart = echarts.getInstanceByDom(node);
  if (chart && node.dataset.theme !== theme) {
    chart.dispose();
    chart = null;
  }
  node.dataset.theme = theme;
  chart ??= echarts.init(node, dark.matches ? "dark" : null, { renderer: "canvas" });
  chart.setOption(options(panel), { notMerge: true });
}

const SYMBOLS = ["circle", "rect", "triangle", "diamond"];
const STROKES = ["solid", "dashed", "dotted", [8, 3, 2, 3]];

function options(panel) {
  const names = panel.columns.slice(1).filter((_, at) => panel.rows.some((row) => typeof row[at + 1] === "number"));
  const line = panel.chart === "line";
  const series = names.map((name, at) => ({
    name: words(name),
    type: line ? "line" : "bar",
    symbol: SYMBOLS[at % SYMBOLS.length],
    symbolSize: 6,
    lineStyle: { type: STROKES[at % STROKES.length], width: 2 },
    data: panel.rows.map((row) => (line ? [moment(row[0]), row[panel.columns.indexOf(name)]] : row[panel.columns.indexOf(name)])),
  }));
  const categories = { type: "category", data: panel.rows.map((row) => String(row[0])), axisLabel: { width: narrow.matches ? 110 : 150, overflow: "truncate" } };
  const numbers = { type: "value", name: panel.unit, nameLocation: line ? "end" : "middle", nameGap: line ? 12 : 26 };
  return {
    useUTC: true,
    animation: false,
    backgroundColor: "transparent",
    aria: { enabled: true, decal: { show: !line } },
    color: dark.matches ? ["#8ab4f8", "#fdd663", "#81c995", "#f28b82"] : ["#0b57d0", "#b06000", "#146c2e", "#b3261e"],
    grid: { left: 8, right: 16, top: names.length > 1 ? 56 : 36, bottom: line ? 8 : 28, containLabel: true },
    legend: { show: names.length > 1, top: 0 },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true },
    xAxis: line ? { type: "time", axisLabel: { hideOverlap: true } } : { ...numbers, axisLabel: { hideOverlap: true } },
    yAxis: line ? numbers : { ...categories, inverse: true },
    series,
  };
}

const moment = (told) => (typeof told === "string" ? `${told.replace(" ", "T")}Z` : told);

function again() {
  for (const [node, panel] of charts) {
    if (!node.isConnected) charts.delete(node);
    else if (window.echarts && !node.hidden) draw(window.echarts, node, panel);
  }
}

dark.addEventListener("change", again);
new ResizeObserver(() => {
  for (const node of charts.keys()) window.echarts?.getInstanceByDom(node)?.resize();
}).observe(document.body);
