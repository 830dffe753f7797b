// Choosing rows: X, a click on the box, Shift and a click for all in between. What is chosen outlives a swap of the list.
import { plural, say } from "./words.js";
const chosen = new Set(); // ids of conversations
let last = null;

const id = (box) => box.value.split(".")[0];
const boxes = () => [...document.querySelectorAll("#rows .pick")];

function count() {
  const words = document.querySelector("#picked");
  if (!words) return;
  const number = boxes().filter((box) => box.checked).length;
  const all = document.querySelector("#bulk [name=all]").checked;
  const text = all ? say("All chosen") : plural("{number} chosen", "{number} chosen", number);
  if (words.textContent !== text) words.textContent = text;
}

function keep(box, on) {
  box.checked = on;
  if (on) chosen.add(id(box));
  else chosen.delete(id(box));
}

function again() {
  for (const box of boxes()) box.checked = chosen.has(id(box));
  count();
}

function none() {
  chosen.clear();
  document.querySelector("#bulk [name=all]").checked = false;
  again();
}

function clicked(event) {
  const box = event.target.closest?.("#rows .pick");
  if (!box) return;
  const all = boxes();
  const from = all.findIndex((one) => id(one) === last);
  const to = all.indexOf(box);
  keep(box, box.checked);
  if (event.shiftKey && from >= 0) for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) keep(one, box.checked);
  last = id(box);
  count();
}

export const picks = {
  any: () => boxes().some((box) => box.checked),
  none,
  toggle() {
    const row = document.activeElement?.closest?.("#rows .row") || document.querySelector("#rows .q[aria-current]")?.closest(".row");
    const box = row?.querySelector(".pick");
    if (!box) return;
    keep(box, !box.checked);
    last = id(box);
    count();
  },
  start() {
    const form = document.querySelector("#bulk");
    if (!form) return;
    document.addEventListener("click", clicked);
    form.addEventListener("change", count);
    form.addEventListener("reset", (event) => { event.preventDefault(); none(); });
    // A list that was swapped shows what was chosen in the one before it.
    new MutationObserver(again).observe(document.querySelector("#list"), { childList: true });
  },
};
