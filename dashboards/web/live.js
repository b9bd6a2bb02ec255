// The live page: listens to the edges, hands each section what it is told, and says when that is out of date.

import { byId, say } from "./dom.js";
import { clock, lasting, upper } from "./format.js";
import { showNow } from "./now.js";
import { showHappened } from "./happened.js";
import { showOver } from "./over.js";
import { showHealth } from "./health.js";

const SECTIONS = { now: showNow, happened: showHappened, over: showOver, health: showHealth };

// Milliseconds: a tick comes every second; after so long without one we are on our own, or begin anew.
const STALE = 4_000;
const BEGIN_ANEW = 12_000;

// Seconds after which what a section said is old.
const OLD = { now: 5, happened: 5, health: 10, over: 90 };

const problems = {};
let silent = {};
let behind = {};
let source = null;
let edition = null;
let heard = null;
let opened = 0;

function connect() {
  source?.close();
  opened = Date.now();
  source = new EventSource("/live/events");
  for (const [name, show] of Object.entries(SECTIONS)) {
    source.addEventListener(name, (event) => {
      const { problem, data } = JSON.parse(event.data);
      problems[name] = problem;
      if (Object.keys(data).length) show(data);
      if (name === "now") [silent, behind] = [data.silent_s ?? {}, data.behind_ms ?? {}];
    });
  }
  source.addEventListener("edition", ({ data }) => {
    edition ??= data;
    if (edition !== data) location.reload(); // heedful was updated meanwhile: this page is of the former one
  });
  source.addEventListener("tick", (event) => {
    heard = Date.now();
    ages(JSON.parse(event.data).age_s);
    look();
  });
}

/** What each section must say of its age. */
function ages(seconds) {
  for (const name of Object.keys(SECTIONS)) {
    const age = seconds[name];
    const old = age !== null && age > OLD[name];
    const said = [];
    if (name === "now" && !old) said.push(...unheard(), ...late());
    if (old) said.push(`Out of date: this is ${lasting(age * 1000)} old.`);
    if (problems[name] && (old || age === null)) said.push(sentence(problems[name]));
    notice(name, said.join(" "));
  }
}

/** Kernels that are silent: what follows from them is old, however young the section is. */
const unheard = () =>
  Object.entries(silent).map(([kernel, seconds]) => `Out of date: nothing was heard from ${kernel} for ${lasting(seconds * 1000)}.`);

/** Kernels at work on what happened a while ago: what happened since is not concluded from. */
const late = () =>
  Object.entries(behind)
    .filter(([kernel]) => !(kernel in silent))
    .map(([kernel, millis]) => `${upper(kernel)} is ${lasting(millis)} behind: what happened since is still to come.`);

const sentence = (text) => (text === "reading" ? "Reading…" : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`);

function notice(name, text) {
  const section = byId(name);
  const node = section.querySelector(".notice");
  say(node, text);
  node.hidden = !text;
  section.classList.toggle("old", text.startsWith("Out of date"));
}

/** Whether anything is heard at all. */
function look() {
  const silent = heard === null ? Date.now() - opened : Date.now() - heard;
  const stale = silent > STALE;
  const state = stale ? "stale" : heard === null ? "waiting" : "live";
  byId("link").dataset.state = state;
  say(byId("link-says"), { stale: "no connection", waiting: "connecting", live: "live" }[state]);
  document.body.classList.toggle("stale", stale);
  document.title = stale ? "▲ no connection · heedful" : "heedful";
  const banner = byId("banner");
  banner.hidden = !stale;
  if (stale) say(banner, lost());
  if (silent > BEGIN_ANEW && Date.now() - opened > BEGIN_ANEW) connect();
  else if (source.readyState === EventSource.CLOSED && Date.now() - opened > STALE) connect();
}

/** The same words while it lasts: it is an alert, which is read aloud whenever it changes. */
function lost() {
  if (heard === null) return "Nothing was heard from the edges yet. Trying again…";
  return `Nothing heard from the edges since ${clock(new Date(heard).toISOString())} UTC: what you see is from then. Trying again…`;
}

connect();
setInterval(look, 500);
