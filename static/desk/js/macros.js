// Macros and knowledge: `/` at the start of a word opens the list; the server finds them, fills placeholders, and says
// what may be inserted for whoever will read it.
import { offers } from "./offers.js";
import { say } from "./words.js";

const audience = () => document.querySelector("#composer [name=audience]:checked")?.value;

const list = offers({
  name: "macros",
  start: /(^|\s)\/((?:[^\s/][^\n/]{0,39})?)$/,
  fits: () => true,
  ask: (box, query) => `${box.dataset.macros}?q=${query}&audience=${encodeURIComponent(audience() || "")}`,
  shown: ({ label, name, text }) => [label ? `${label}: ${name}` : name, text],
  insert: ({ insert }) => insert,
  none: () => say("No macro, article or answer says this."),
});

export const macros = {
  ...list,
  // By the button or the key: as if "/" had been typed.
  open() {
    const box = document.activeElement?.matches("#composer .part textarea") ? document.activeElement : document.querySelector("#text");
    box.focus();
    const at = box.selectionStart;
    const blank = at && !/\s/.test(box.value[at - 1]) ? " " : "";
    box.setRangeText(`${blank}/`, at, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  },
};
