// One customer: everything that is known, from all departments, the latest first.

import { byId, element, say } from "./dom.js";
import { clock, count, money, upper, words } from "./format.js";
import { guards } from "./happened.js";

let asked = 0;

/** The customer's name, as a button that opens the timeline. */
export function customer(shopId, profileId) {
  return element("button", { type: "button", class: "name", "data-shop": shopId, "data-profile": profileId }, profileId);
}

const SIGNS = { shop: "▢", orders: "✓", "help desk": "?", consent: "§", delivery: "→", heedful: "◉" };

function item(event) {
  const at = event.at.replace(" ", "T");
  const explained = event.explained.map(([guard, result, detail]) => ({ guard, result, detail }));
  const parts = [event.subject, event.detail].filter(Boolean).join(" · ");
  return element(
    "li",
    {},
    element("time", { datetime: `${at}Z`, title: `${event.at} UTC` }, clock(at)),
    element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[event.department] ?? "●"),
    element(
      "div",
      {},
      element("p", {}, element("b", {}, upper(words(event.what))), " ", element("span", { class: "badge" }, event.department), " ", money(event.value, event.currency)),
      parts ? element("p", { class: "why" }, parts) : null,
      explained.length ? guards(explained) : null,
    ),
  );
}

/** Where a day begins in a list of what happened. */
export const dayOf = (day) => element("li", { class: "day" }, element("h3", {}, day));

function byDay(events) {
  const items = [];
  let day = null;
  for (const event of events) {
    const at = event.at.slice(0, 10);
    if (at !== day) items.push(dayOf(at));
    day = at;
    items.push(item(event));
  }
  return items;
}

async function open(shopId, profileId) {
  const mine = ++asked;
  const list = byId("customer-events");
  say(byId("customer-title"), profileId);
  say(byId("customer-says"), "Asking ClickHouse…");
  list.replaceChildren();
  if (!byId("customer").open) byId("customer").showModal();
  const [said, events] = await found(shopId, profileId);
  if (mine !== asked) return; // somebody else was asked for meanwhile
  say(byId("customer-says"), said);
  list.replaceChildren(...byDay(events));
}

/** What to say, and the events. */
async function found(shopId, profileId) {
  try {
    const answer = await fetch(`/live/customer?${new URLSearchParams({ shop: shopId, profile: profileId })}`);
    const data = await answer.json();
    if (!answer.ok) return [`No answer: ${data.error}`, []];
    const latest = data.events.length < data.most ? "" : "the latest ";
    return [data.events.length ? `${latest}${count(data.events.length)} events, the latest first` : "Nothing has landed of this customer yet.", data.events];
  } catch (error) {
    return [`No answer: ${error.message}`, []];
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.name");
  if (button) open(button.dataset.shop, button.dataset.profile);
});
byId("customer-close").addEventListener("click", () => byId("customer").close());
