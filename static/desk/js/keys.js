// Single keys, outside editors only, and only while the person has them on.
import { composer } from "./composer.js";
import { opening } from "./opening.js";
import { picks } from "./picks.js";
import { say } from "./words.js";

let go = 0;

function rows() {
  return [...document.querySelectorAll("#rows .q, #held .case")];
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const focused = all.indexOf(document.activeElement);
  const now = focused >= 0 ? focused : all.findIndex((row) => row.hasAttribute("aria-current"));
  const next = all[Math.min(all.length - 1, Math.max(0, now + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  if (document.querySelector("#conversation")?.dataset.conversation || (now < 0 && document.querySelector("#pane"))) next.click();
}

function press(selector) {
  document.querySelector(selector)?.click();
}

function submit(selector) {
  document.querySelector(selector)?.requestSubmit();
}

function menu(selector) {
  const details = document.querySelector(selector);
  if (!details) return;
  details.open = true;
  const first = () => details.querySelector(".drop-d :is(input:not([type=hidden]), button, a)")?.focus();
  first();
  // What stands in it may come from the server only now.
  if (details.hasAttribute("hx-get")) details.addEventListener("htmx:afterSettle", first, { once: true });
}

const MAP = {
  j: () => step(1),
  k: () => step(-1),
  r: () => composer.choose("public"),
  p: () => composer.choose("direct"),
  n: () => composer.choose("note"),
  m: () => composer.macro(),
  x: () => picks.toggle(),
  e: () => (picks.any() ? press("#bulk-resolve") : submit("#resolve")),
  s: () => menu("#m-snooze"),
  a: () => (picks.any() ? press("#bulk-take") : submit("#take")),
  h: () => menu("#m-assign"),
  z: () => submit(".undo form"),
  "]": () => keys.context(),
  "?": () => document.querySelector("#all-keys").showModal(),
};

// What acts on the conversation that is open.
const ON_IT = "rpnmesahz";

// The same by name, each with what must be on the page for it.
const NAMED = [
  [() => say("Reply publicly"), "r", "#composer [name=audience][value=public]"],
  [() => say("Reply privately"), "p", "#composer [name=audience][value=direct]"],
  [() => say("Write a note"), "n", "#composer [name=audience][value=note]"],
  [() => say("Insert a macro"), "m", "#composer"],
  [() => say("Resolve"), "e", "#resolve"],
  [() => say("Snooze"), "s", "#m-snooze"],
  [() => say("Assign to me"), "a", "#take"],
  [() => say("Hand to somebody else"), "h", "#m-assign"],
  [() => say("Undo the send"), "z", ".undo form"],
  [() => say("Show or hide the context"), "]", "#conversation[data-conversation]"],
  [() => say("Choose this row"), "x", "#rows .pick"],
  [() => say("All keys"), "?", "#all-keys"],
];

function escape(event) {
  const open = document.querySelector("details.menu[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  } else if (document.body.classList.contains("show-side")) {
    document.body.classList.remove("show-side");
  } else if (picks.any()) {
    picks.none();
  } else if (event.target.closest?.("#conversation, #context")) {
    const row = document.querySelector("#rows .q[aria-current]") || rows()[0];
    row?.focus();
  }
}

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) return escape(event);
  const editing = event.target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
  if (editing || document.body.dataset.keys === "off" || document.querySelector("dialog[open]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (go && Date.now() - go < 1200) {
    go = 0;
    const link = /^[a-z]$/.test(key) && document.querySelector(`[data-go=${key}]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  if (opening.holds(event.key, ON_IT.includes(key) && !(picks.any() && "ea".includes(key)))) {
    event.preventDefault();
    return;
  }
  if (key === "g") { go = Date.now(); return; }
  if (!MAP[key]) return;
  event.preventDefault();
  MAP[key]();
}

export const keys = {
  start(more) {
    Object.assign(MAP, more);
    opening.start((key) => MAP[key]?.());
    document.addEventListener("keydown", pressed);
  },
  commands: () => NAMED.filter(([, , there]) => document.querySelector(there)).map(([name, key]) => ({ name: name(), key: key.toUpperCase(), run: MAP[key] })),
  context() {
    const narrow = matchMedia("(max-width: 1240px)").matches;
    document.body.classList.toggle(narrow ? "show-ctx" : "hide-ctx");
  },
};
