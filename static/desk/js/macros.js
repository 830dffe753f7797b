// Macros: `/` at the start of a word opens the list; the server finds them and fills their placeholders.
const START = /(^|\s)\/((?:[^\s/][^\n/]{0,39})?)$/;
const WAIT = 120;
let area = null; // the box in which it was opened
let from = 0; // where the "/" stands
let timer = 0;
let asked = 0;
let found = [];
let chosen = 0;

const sheet = () => document.querySelector("#macros");

function close() {
  clearTimeout(timer);
  asked++;
  if (sheet()) sheet().hidden = true;
  area?.removeAttribute("aria-activedescendant");
  area?.removeAttribute("aria-controls");
  area = null;
}

async function ask(query) {
  const now = ++asked;
  const box = document.querySelector("#composer");
  try {
    const answer = await fetch(`${box.dataset.macros}?q=${encodeURIComponent(query)}`);
    if (now !== asked || !answer.ok || answer.redirected) return;
    found = (await answer.json()).macros;
  } catch {
    return close();
  }
  chosen = 0;
  // Who typed a sentence with a "/" in it looks for no macro.
  if (!found.length && query.includes(" ")) return close();
  show(query);
}

function option({ name, text }, number) {
  const row = document.createElement("li");
  const [head, body] = [document.createElement("b"), document.createElement("p")];
  row.id = `macro-${number}`;
  row.setAttribute("role", "option");
  row.dataset.number = number;
  [head.textContent, body.textContent] = [name, text];
  head.dir = body.dir = "auto";
  row.append(head, body);
  return row;
}

function show(query) {
  const box = sheet();
  box.hidden = false;
  box.querySelector(".q-in span").textContent = query || "Type to find one";
  box.querySelector("ul").replaceChildren(...found.map(option));
  const said = found.length ? `${found.length} macro${found.length > 1 ? "s" : ""}` : "No macro says this.";
  box.querySelector("[role=status]").textContent = said;
  area.setAttribute("aria-controls", "macro-list");
  point();
}

function point() {
  const rows = [...sheet().querySelectorAll("[role=option]")];
  rows.forEach((row, number) => row.setAttribute("aria-selected", String(number === chosen)));
  if (!rows.length) return area.removeAttribute("aria-activedescendant");
  area.setAttribute("aria-activedescendant", rows[chosen].id);
  rows[chosen].scrollIntoView({ block: "nearest" });
}

function insert() {
  const [box, macro] = [area, found[chosen]];
  close();
  box.focus();
  box.setRangeText(macro.text, from, box.selectionStart, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

export const macros = {
  look(box) {
    const before = box.value.slice(0, box.selectionStart);
    const typed = document.querySelector("#composer [name=audience]:checked")?.value === "note" ? null : START.exec(before);
    if (!typed) return close();
    if (area !== box) close();
    area = box;
    from = before.length - typed[2].length - 1;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT, typed[2]);
  },
  // By the button or the key: as if "/" had been typed.
  open() {
    const box = document.activeElement?.matches("#composer .part textarea") ? document.activeElement : document.querySelector("#text");
    box.focus();
    const at = box.selectionStart;
    const blank = at && !/\s/.test(box.value[at - 1]) ? " " : "";
    box.setRangeText(`${blank}/`, at, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  },
  // Whether the open list took the key.
  pressed(event) {
    if (!area || sheet()?.hidden) return false;
    const { key } = event;
    if (key === "Escape") close();
    else if (!found.length || event.ctrlKey || event.metaKey || event.altKey) return false;
    else if (key === "ArrowDown") { chosen = (chosen + 1) % found.length; point(); }
    else if (key === "ArrowUp") { chosen = (chosen + found.length - 1) % found.length; point(); }
    else if (key === "Enter" || key === "Tab") insert();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  },
};

document.addEventListener("mousedown", (event) => {
  const row = event.target.closest?.("#macros [role=option]");
  if (row && area) {
    event.preventDefault(); // the caret stays where it is
    chosen = Number(row.dataset.number);
    insert();
  } else if (area && !event.target.closest?.("#macros")) close();
});
