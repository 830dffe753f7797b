// Search or jump: one box for queues, pages, settings, people and what can be done here. It offers what the page
// itself offers, so it opens nothing that its reader may not open.
import { keys } from "./keys.js";
import { plural, say } from "./words.js";

const WAIT = 150;
const FIRST = 3; // places before what else was found
let timer = 0;
let asked = 0;
let rows = [];
let people = [];
let chosen = 0;

const box = () => document.querySelector("#palette");
const input = () => document.querySelector("#palette-q");
const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

function words(link) {
  const name = link.cloneNode(true);
  for (const extra of name.querySelectorAll(".n, .late, kbd, svg, [aria-hidden]")) extra.remove();
  return name.textContent.replace(/\s+/g, " ").trim();
}

function links(selector, hint) {
  return [...document.querySelectorAll(selector)].map((link) => ({ name: words(link), hint, go: () => location.assign(link.href) }));
}

function places() {
  return [
    ...links("#queues a", say("Queue")),
    ...links("#saved a", say("Saved search")),
    ...links("#side .first a", say("Page")),
    ...links("#palette-pages a", say("Page")),
    ...keys.commands().map(({ name, key, run }) => ({ name, hint: key, go: run })),
  ];
}

// What begins like it comes first, then what has a word that does, then what holds it.
function rank(name, query) {
  const at = plain(name);
  if (at.startsWith(query)) return 0;
  if (at.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(query))) return 1;
  return at.includes(query) ? 2 : 3;
}

function gather() {
  const said = input().value.trim();
  const query = plain(said);
  const found = places().map((row) => ({ ...row, rank: rank(row.name, query) })).filter((row) => row.rank < 3);
  found.sort((one, other) => one.rank - other.rank);
  const search = said && box().dataset.search
    ? [{ name: say("Search for “{words}”", { words: said }), hint: say("Messages"), go: () => location.assign(`${box().dataset.search}?${new URLSearchParams({ q: said })}`) }]
    : [];
  // People come last to arrive and stand behind what Enter would have chosen: nothing moves under the hand.
  rows = [...found.slice(0, FIRST), ...search, ...people, ...found.slice(FIRST)];
}

function option({ name, hint }, number) {
  const row = document.createElement("li");
  const [what, aside] = [document.createElement("b"), document.createElement("small")];
  row.id = `palette-${number}`;
  row.setAttribute("role", "option");
  row.dataset.number = number;
  what.textContent = name;
  what.dir = "auto";
  aside.textContent = hint;
  row.append(what, aside);
  return row;
}

function show() {
  gather();
  chosen = Math.min(chosen, Math.max(0, rows.length - 1));
  document.querySelector("#palette-list").replaceChildren(...rows.map(option));
  document.querySelector("#palette-said").textContent = rows.length
    ? plural("{number} to choose from", "{number} to choose from", rows.length) : say("Nothing is called like this.");
  point();
}

function point() {
  const all = [...document.querySelectorAll("#palette-list [role=option]")];
  all.forEach((row, number) => row.setAttribute("aria-selected", String(number === chosen)));
  if (!all.length) return input().removeAttribute("aria-activedescendant");
  input().setAttribute("aria-activedescendant", all[chosen].id);
  all[chosen].scrollIntoView({ block: "nearest" });
}

async function ask(query) {
  const now = ++asked;
  let found = [];
  if (query.length > 1 && box().dataset.search) {
    try {
      const answer = await fetch(`${box().dataset.people}?${new URLSearchParams({ q: query })}`);
      if (answer.ok && !answer.redirected) found = (await answer.json()).people;
    } catch {
      found = []; // no connection: pages and queues are still found
    }
  }
  if (now !== asked) return;
  people = found.map(({ name, network, audience, url }) => ({
    name, hint: say("Person, {network}, {audience}", { network, audience }), go: () => location.assign(url),
  }));
  show();
}

function take(number) {
  const row = rows[number];
  if (!row) return;
  box().close();
  row.go();
}

function typed() {
  chosen = 0;
  people = [];
  show();
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT, input().value.trim());
}

function pressed(event) {
  const last = rows.length - 1;
  if (event.key === "ArrowDown") chosen = chosen >= last ? 0 : chosen + 1;
  else if (event.key === "ArrowUp") chosen = chosen <= 0 ? Math.max(0, last) : chosen - 1;
  else if (event.key === "Enter") {
    event.preventDefault();
    return take(chosen);
  } else return;
  event.preventDefault();
  point();
}

export const palette = {
  open() {
    if (!box() || document.querySelector("dialog[open]")) return;
    document.querySelector("#palette-q").value = "";
    box().showModal();
    input().focus();
    typed();
  },
  start() {
    if (!box()) return;
    input().addEventListener("input", typed);
    input().addEventListener("keydown", pressed);
    document.querySelector("#palette-close").addEventListener("click", () => box().close());
    box().addEventListener("click", (event) => {
      if (event.target === box()) return box().close();
      const row = event.target.closest("[role=option]");
      if (row) take(Number(row.dataset.number));
    });
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      if (box().open) box().close();
      else palette.open();
    });
  },
};
