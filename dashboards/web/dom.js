// Elements, made of text only: nothing that comes from outside is ever read as HTML.

/** A new element. `about`: attributes; `class` and `data-…` included. Children: nodes or text. */
export function element(name, about = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(about)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Sets text only where it differs, so that a selection or a reader's place isn't lost. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Children of `parent`, one for each item. An element stays the same while its key does, and so does the focus.
 * `fill(child, item, fresh)` puts the item into it.
 */
export function keyed(parent, items, keyOf, make, fill) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const wanted = [];
  for (const item of items) {
    const key = keyOf(item);
    const known = before.get(key);
    before.delete(key);
    const child = known ?? make(item);
    child.dataset.key = key;
    fill(child, item, !known);
    wanted.push(child);
  }
  for (const gone of before.values()) gone.remove();
  wanted.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null);
  });
  if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

/** A table whose rows are keyed. `columns`: {title, cell(item) → node or text, number?}. */
export function table(node, columns, items, keyOf) {
  if (!node.tHead) {
    const titles = columns.map((one) => element("th", { scope: "col", class: one.number && "number" }, one.title));
    node.append(element("thead", {}, element("tr", {}, ...titles)), element("tbody"));
  }
  const blank = () => element("tr", {}, ...columns.map((one) => element("td", { "data-label": one.title, class: one.number && "number" })));
  keyed(node.tBodies[0], items, keyOf, blank, (row, item) => {
    columns.forEach((one, at) => put(row.cells[at], one.cell(item)));
  });
}

/** One node or text into a cell; what says the same stays. */
function put(cell, content) {
  const shown = content ?? "";
  if (!(shown instanceof Node)) return say(cell, String(shown));
  const old = cell.firstElementChild;
  if (old && old.isEqualNode(shown)) return undefined;
  if (old && old.tagName === "BUTTON" && old.textContent === shown.textContent) return undefined;
  return cell.replaceChildren(shown);
}

/** One of a group of buttons is pressed; tells which. */
export function choice(attribute, chosen) {
  const buttons = [...document.querySelectorAll(`button[${attribute}]`)];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
      chosen(button.getAttribute(attribute));
    });
  }
}
