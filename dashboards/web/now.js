// Now: carts at risk and waiting customers, what is due first on top.

import { byId, choice, element, keyed, say, table } from "./dom.js";
import { clock, count, lasting, money, upper, words } from "./format.js";
import { customer } from "./customer.js";

let order = "by_due";
let whom = "by_due";
let last = null;

/** "in 12 min", or how long overdue: a word and a sign, not only a colour. */
function due(inMillis, at, after) {
  if (inMillis === null) return "no target";
  const late = inMillis <= 0;
  const text = `${late ? after : "in"} ${lasting(inMillis)}`;
  return element("span", { class: late ? "bad" : "", title: `${at} UTC` }, `${late ? "▲ " : ""}${text}`);
}

const CARTS = [
  { title: "Customer", cell: (cart) => customer(cart.shop_id, cart.profile_id) },
  { title: "Stage", cell: (cart) => upper(cart.stage) },
  { title: "Worth", number: true, cell: (cart) => money(cart.value, cart.currency) || "unknown" },
  { title: "Counts as left", number: true, cell: (cart) => due(cart.due_in_ms, cart.due_at, "due since") },
];

const CONTACTS = [
  { title: "Customer", cell: (contact) => customer(contact.shop_id, contact.profile_id) },
  { title: "Channel", cell: (contact) => [upper(words(contact.channel)), contact.team].filter(Boolean).join(", ") },
  { title: "Waits", number: true, cell: (contact) => lasting(contact.waiting_ms) },
  { title: "Due", number: true, cell: (contact) => due(contact.due_in_ms, contact.due_at, "overdue") },
  { title: "Missed", cell: (contact) => contact.breached.map(words).join(", ") || "–" },
];

export function showNow(data) {
  last = data;
  say(byId("time"), `${data.at.slice(0, 10)} ${clock(data.at)} UTC`);
  tiles(data);
  carts();
  contacts();
}

function carts() {
  const rows = last.carts[order];
  say(byId("carts-count"), shown(rows.length, last.carts.at_risk, "at risk"));
  table(byId("carts"), CARTS, rows, (cart) => `${cart.shop_id}/${cart.visitor_id}`);
}

function contacts() {
  const rows = last.contacts[whom];
  const all = whom === "by_due" ? last.contacts.waiting : last.contacts.in_time;
  say(byId("contacts-count"), shown(rows.length, all, whom === "by_due" ? "waiting" : "still in time"));
  table(byId("contacts"), CONTACTS, rows, (contact) => `${contact.shop_id}/${contact.contact_id}`);
}

const shown = (some, all, what) =>
  all === 0 ? `None ${what}.` : some < all ? `${count(some)} of ${count(all)} ${what}` : `${count(all)} ${what}`;

function tiles({ carts: risk, contacts, caught_up: caughtUp }) {
  const worth = risk.worth.slice(0, 3).map((one) => money(one.value, one.currency)).join(" + ");
  const all = [
    ["carts at risk", count(risk.at_risk), caughtUp ? worth : "still reading, more to come", ""],
    ["of them due soon", count(risk.due_soon), `within ${lasting(risk.soon_ms)}`, ""],
    ["customers waiting", count(contacts.waiting), `${count(contacts.due_soon)} due within 15 min`, ""],
    ["overdue", count(contacts.overdue), contacts.overdue ? "▲ past their due time" : "✓ nobody", contacts.overdue ? "bad" : "good"],
    ["breached", count(contacts.breached), contacts.breached ? "▲ a promise was missed" : "✓ none", contacts.breached ? "bad" : "good"],
  ];
  keyed(
    byId("tiles"),
    all,
    ([name]) => name,
    () => element("li", {}, element("b"), element("span"), element("small")),
    (tile, [name, number, more, state]) => {
      tile.className = state;
      [number, name, more].forEach((text, at) => say(tile.children[at], text));
    },
  );
}

choice("data-carts", (chosen) => {
  order = chosen;
  if (last) carts();
});

choice("data-contacts", (chosen) => {
  whom = chosen;
  if (last) contacts();
});
