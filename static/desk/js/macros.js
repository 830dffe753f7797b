// Macros: `/` at the start of a word opens the list; the server finds them and fills their placeholders.
import { offers } from "./offers.js";
import { say } from "./words.js";

const list = offers({
  name: "macros",
  start: /(^|\s)\/((?:[^\s/][^\n/]{0,39})?)$/,
  fits: () => document.querySelector("#composer [name=audience]:checked")?.value !== "note",
  ask: (box, query) => `${box.dataset.macros}?q=${query}`,
  shown: ({ name, text }) => [name, text],
  insert: ({ text }) => text,
  none: () => say("No macro says this."),
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
