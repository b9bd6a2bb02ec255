// Over time: each panel as a chart and, on demand, as a table of the same numbers.

import { byId, element, keyed, say } from "./dom.js";
import { count, moment, words } from "./format.js";
import { charted } from "./chart.js";

const SHAPED = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;

/** A value of a panel as people read it. */
function shown(value) {
  if (value === null) return "–";
  if (typeof value === "number") return Number.isInteger(value) ? count(value) : String(value);
  return SHAPED.test(value) ? moment(value.replace(" ", "T")) : String(value);
}

function make(panel) {
  return element(
    "article",
    { class: "panel", "aria-labelledby": `panel-${panel.name}` },
    element("h3", { id: `panel-${panel.name}` }, panel.title),
    element("p", { class: "count" }, `${panel.question} (${panel.unit})`),
    element("p", { class: "notice", hidden: true }),
    element("div", { class: "chart", role: "img" }),
    element("details", {}, element("summary", {}, "The numbers"), element("div", { class: "scroll", tabindex: "0" }, element("table", {}, element("caption", { class: "unseen" }, panel.title)))),
  );
}

function fill(article, panel) {
  const notice = article.querySelector(".notice");
  const text = panel.problem ?? (panel.rows.length ? "" : "Nothing in this time.");
  say(notice, text);
  notice.hidden = !text;
  const chart = article.querySelector(".chart");
  chart.hidden = Boolean(text) || panel.chart === "table";
  article.querySelector("details").hidden = Boolean(text);
  if (text) return;
  numbers(article.querySelector("table"), panel);
  if (panel.chart === "table") article.querySelector("details").open = true;
  else charted(chart, panel);
}

function numbers(table, panel) {
  const told = JSON.stringify(panel.rows);
  if (table.dataset.told === told) return;
  table.dataset.told = told;
  const head = element("tr", {}, ...panel.columns.map((name) => element("th", { scope: "col" }, words(name))));
  const rows = panel.rows.map((row) => element("tr", {}, ...row.map((value) => element("td", { class: typeof value === "number" && "number" }, shown(value)))));
  table.tHead?.remove();
  for (const body of [...table.tBodies]) body.remove();
  table.append(element("thead", {}, head), element("tbody", {}, ...rows));
}

export function showOver(data) {
  keyed(byId("panels"), data.panels, (panel) => panel.name, make, fill);
}
