// A list that opens while one writes: what stands before the caret is asked of the server, the arrows choose, Enter
// inserts. Macros and mentions are two of them.
import { plural, say } from "./words.js";
const WAIT = 120;
const all = [];

export function offers({ name, start, fits, ask, shown, insert, none }) {
  let area = null; // the box in which it was opened
  let from = 0; // where its sign stands
  let timer = 0;
  let asked = 0;
  let found = [];
  let chosen = 0;

  const sheet = () => document.querySelector(`#${name}`);

  function close() {
    clearTimeout(timer);
    asked++;
    if (sheet()) sheet().hidden = true;
    area?.removeAttribute("aria-activedescendant");
    area?.removeAttribute("aria-controls");
    area = null;
  }

  async function look(query) {
    const now = ++asked;
    try {
      const answer = await fetch(ask(document.querySelector("#composer"), encodeURIComponent(query)));
      if (now !== asked || !answer.ok || answer.redirected) return;
      found = (await answer.json())[name];
    } catch {
      return close();
    }
    chosen = 0;
    // Who typed a sentence with the sign in it looks for nothing.
    if (!found.length && query.includes(" ")) return close();
    show(query);
  }

  function option(one, number) {
    const row = document.createElement("li");
    const [head, body] = [document.createElement("b"), document.createElement("p")];
    row.id = `${name}-${number}`;
    row.setAttribute("role", "option");
    row.dataset.number = number;
    [head.textContent, body.textContent] = shown(one);
    if (!insert(one)) row.setAttribute("aria-disabled", "true"); // to read only
    head.dir = body.dir = "auto";
    row.append(head, body);
    return row;
  }

  function show(query) {
    const box = sheet();
    box.hidden = false;
    box.querySelector(".q-in span").textContent = query || say("Type to find one");
    box.querySelector("ul").replaceChildren(...found.map(option));
    box.querySelector("[role=status]").textContent = found.length
      ? plural("{number} to choose from", "{number} to choose from", found.length) : none();
    area.setAttribute("aria-controls", box.querySelector("ul").id);
    point();
  }

  function point() {
    const rows = [...sheet().querySelectorAll("[role=option]")];
    rows.forEach((row, number) => row.setAttribute("aria-selected", String(number === chosen)));
    if (!rows.length) return area.removeAttribute("aria-activedescendant");
    area.setAttribute("aria-activedescendant", rows[chosen].id);
    rows[chosen].scrollIntoView({ block: "nearest" });
  }

  function put() {
    const [box, one] = [area, found[chosen]];
    if (!insert(one)) return; // to read only: the list stays open
    close();
    box.focus();
    box.setRangeText(insert(one), from, box.selectionStart, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const self = {
    look(box) {
      const before = box.value.slice(0, box.selectionStart);
      const typed = fits() ? start.exec(before) : null;
      if (!typed) return close();
      if (area !== box) close();
      area = box;
      from = before.length - typed[2].length - 1;
      clearTimeout(timer);
      timer = setTimeout(look, WAIT, typed[2]);
    },
    // Whether the open list took the key.
    pressed(event) {
      if (!area || sheet()?.hidden) return false;
      const { key } = event;
      if (key === "Escape") close();
      else if (!found.length || event.ctrlKey || event.metaKey || event.altKey) return false;
      else if (key === "ArrowDown") { chosen = (chosen + 1) % found.length; point(); }
      else if (key === "ArrowUp") { chosen = (chosen + found.length - 1) % found.length; point(); }
      else if (key === "Enter" || key === "Tab") put();
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
    pointed(event) {
      const row = event.target.closest?.(`#${name} [role=option]`);
      if (row && area) {
        event.preventDefault(); // the caret stays where it is
        chosen = Number(row.dataset.number);
        put();
      } else if (area && !event.target.closest?.(`#${name}`)) close();
    },
  };
  all.push(self);
  return self;
}

document.addEventListener("mousedown", (event) => { for (const one of all) one.pointed(event); });
