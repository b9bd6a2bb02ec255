// Just happened: signals and decisions, each with why.

import { byId, choice, element, keyed } from "./dom.js";
import { clock, lasting, moment, money, upper, words } from "./format.js";
import { customer, dayOf } from "./customer.js";

let about = "";
let last = [];

const OUTCOMES = {
  requested: (said) => ["→", `Approach by ${said.channel} requested`],
  shadowed: (said) => ["→", `Would be approached by ${said.channel} (shadow)`],
  held: (said) => ["◷", `Approach held${said.held_until ? ` until ${moment(said.held_until)}` : ""}`],
  refused: () => ["✕", "No approach"],
  withdrawn: () => ["✕", "Approach withdrawn: its reason is gone"],
  cancelled: () => ["✕", "Approach called back"],
  expired: () => ["✕", "Approach expired"],
  regretted: () => ["▲", "Approach regretted: it was sent already"],
};

const CARTS = {
  abandoned: (said) => ["▲", `Cart left at ${said.stage}`],
  recovered: () => ["✓", "Came back and ordered"],
  withdrawn: () => ["↩", "Not left after all: the signal is withdrawn"],
};

const CONTACTS = {
  acknowledged: () => ["●", "Question acknowledged"],
  answered: () => ["✓", "Answered in time"],
  answered_late: () => ["✓", "Answered, too late"],
  breached: (said) => ["▲", `${upper(words(said.clock))} is overdue`],
  escalated: (said) => ["▲", `${upper(words(said.clock))}: ${said.step ?? "a step"} of the time is over`],
  closed: () => ["✕", "Closed without an answer"],
  withdrawn: () => ["↩", "Signal withdrawn: it proved false"],
  handed_off: () => ["→", "Handed over"],
  no_reply_needed: () => ["✓", "Needs no reply"],
  pause_integrity: () => ["▲", "A message came while the contact was put off"],
  callback_requested: () => ["●", "Call-back requested"],
  callback_attempted: () => ["●", "Call-back tried"],
  callback_reached: () => ["✓", "Call-back: reached"],
  callback_expired: () => ["▲", "Call-back expired"],
};

/** A sign and what happened. */
function headline(said) {
  const kinds = { cart: CARTS, contact: CONTACTS, outreach: OUTCOMES }[said.about];
  const kind = said.about === "outreach" ? said.outcome : said.kind;
  return kinds[kind]?.(said) ?? ["●", upper(words(kind))];
}

const PHRASES = {
  cart(said) {
    const silent = said.last_activity_at && `silent since ${clock(said.last_activity_at)}`;
    const cause = said.kind === "abandoned" && said.cause !== "unknown" && `likely cause: ${words(said.cause)}`;
    const ended = said.kind === "abandoned" && `patience ended ${clock(said.occurred_at)}`;
    const order = said.order_id && `order ${said.order_id}`;
    const link = said.outreach_id && "came by the link in an approach";
    const inside = said.products && `in it: ${said.products.join(", ")}${said.more ? ` and ${said.more} more` : ""}`;
    return [cause, silent, ended, order, link, inside];
  },
  contact(said) {
    const asked = `${said.channel} ${said.contact_id}`;
    const due = said.due_at && `due ${clock(said.due_at)}`;
    const waited = `${lasting(said.elapsed_ms)} on the clock`;
    const cause = said.cause ? null : "time alone made it true";
    return [asked, words(said.clock), due, waited, said.team, said.policy && `policy ${said.policy}`, said.detail, cause];
  },
  outreach(said) {
    const decisive = said.guards?.find((one) => one.guard === said.guard);
    const by = said.guard === "emit" ? "all guards passed" : `guard ${words(said.guard)}`;
    return [by, decisive?.detail && words(decisive.detail), `rule ${said.rule}`, `mode ${words(said.mode)}`];
  },
};

/** When it happened, if it was noticed a good while later and the rest doesn't say. */
function happened(said) {
  const late = Date.parse(said.processed_at) - Date.parse(said.occurred_at);
  return late >= 60_000 && said.kind !== "abandoned" && `happened ${clock(said.occurred_at)}`;
}

const why = (said) => [happened(said), ...PHRASES[said.about](said)].filter(Boolean).join(" · ");

/** What every guard said, to be unfolded. */
export function guards(all) {
  const lines = all.map((one) => {
    const sign = { passed: "✓", refused: "✕", held: "◷" }[one.result] ?? "–";
    return element("li", {}, `${sign} ${words(one.guard)}: ${words(one.result)}${one.detail ? `, ${words(one.detail)}` : ""}`);
  });
  return element("details", {}, element("summary", {}, "All guards"), element("ul", {}, ...lines));
}

function item(said) {
  const [sign, text] = headline(said);
  return element(
    "li",
    { class: said.about },
    element("time", { datetime: said.processed_at, title: `noticed ${said.processed_at}, happened ${said.occurred_at}` }, clock(said.processed_at)),
    element("span", { class: "sign", "aria-hidden": "true" }, sign),
    element(
      "div",
      {},
      element("p", {}, element("b", {}, text), " ", customer(said.shop_id, said.profile_id), " ", money(said.value, said.currency)),
      element("p", { class: "why" }, why(said)),
      said.guards?.length ? guards(said.guards) : null,
    ),
  );
}

export function showHappened(data) {
  last = data.rows;
  show();
}

function show() {
  const rows = last.filter((said) => !about || said.about === about);
  if (!rows.length) return byId("feed").replaceChildren(element("li", { class: "empty" }, "Nothing yet."));
  return keyed(byId("feed"), withDays(rows), (said) => said.event_id ?? said.day, (said) => (said.day ? dayOf(said.day) : item(said)), () => {});
}

/** The rows, and where an earlier day begins, that day. */
function withDays(rows) {
  const day = (said) => said.processed_at.slice(0, 10);
  return rows.flatMap((said, at) => (at && day(said) !== day(rows[at - 1]) ? [{ day: day(said) }, said] : [said]));
}

choice("data-about", (chosen) => {
  about = chosen;
  show();
});
