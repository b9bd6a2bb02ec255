// Health: what each role on this machine says of itself.

import { byId, element, table } from "./dom.js";
import { count, lasting, moment, words } from "./format.js";

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

/** Since the role started: how many, and why, the commonest reason first. */
function deadLetters(role) {
  if (!role.answers) return "–";
  const reasons = Object.entries(role.dead_letters).sort((one, other) => other[1] - one[1]);
  if (reasons.length === 0) return "0";
  const told = reasons.map(([reason, number]) => `${words(reason)} ${count(number)}`);
  const all = reasons.reduce((sum, [, number]) => sum + number, 0);
  return reasons.length === 1 ? told[0] : `${count(all)}: ${told.join(", ")}`;
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
  { title: "Dead letters", number: true, cell: deadLetters },
  { title: "More", cell: figures },
];

export function showHealth(data) {
  table(byId("roles"), COLUMNS, data.roles, (role) => role.role);
}
