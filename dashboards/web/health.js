// Health: what each role on this machine says of itself.

import { byId, element, table } from "./dom.js";
import { count, lasting, moment } from "./format.js";

const TASKS = {
  visits: "who is this, what is in the cart",
  care: "clocks, rules, decisions",
  landing: "rows into ClickHouse",
  edges: "this page",
};

function state(role) {
  if (!role.answers) return element("span", { class: "bad" }, "▲ doesn't answer");
  if (role.halted) return element("span", { class: "bad" }, `▲ ${role.halted} partitions halted`);
  if (role.why_not) return element("span", { class: "warn" }, `◷ not ready: ${role.why_not}`);
  return element("span", { class: "good" }, "✓ at work");
}

function figures(role) {
  const said = [];
  if (role.keys !== undefined) said.push(`${count(role.keys)} keys, ${count(role.timers)} timers`);
  if (role.rows !== undefined) said.push(`${count(role.rows)} rows landed, ${count(role.open)} claims open`);
  if (role["last error"]) said.push(`last error: ${role["last error"]}`);
  return said.join(" · ") || "–";
}

/** In time, and in events that are not read yet. */
function behind(role) {
  const said = [];
  if (role.behind > 0) said.push(lasting(role.behind));
  if (role.unread > 0) said.push(`${count(role.unread)} events`);
  return said.join(", ") || "–";
}

const COLUMNS = [
  { title: "Role", cell: (role) => `${role.role}: ${TASKS[role.role] ?? ""}` },
  { title: "State", cell: state },
  { title: "Behind", number: true, cell: behind },
  { title: "Clock (UTC)", number: true, cell: (role) => (role.clock ? moment(new Date(role.clock).toISOString()) : "–") },
  { title: "Dead letters", number: true, cell: (role) => (role.answers ? count(role.dead_letters) : "–") },
  { title: "More", cell: figures },
];

export function showHealth(data) {
  table(byId("roles"), COLUMNS, data.roles, (role) => role.role);
}
