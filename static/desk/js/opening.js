// A conversation that is on its way. Of rows that are chosen quickly the last one is opened, and keys that are pressed
// meanwhile are meant for it: they wait until it stands there, and what follows one that opens an editor is typed there.
let chosen = null; // the latest row
let coming = false;
let held = [];
let act = () => {};

const isRow = (element) => element.matches(".q[hx-get]");

function asked({ detail }) {
  if (!isRow(detail.elt)) return;
  chosen = detail.elt;
  coming = true;
}

function arrived({ detail }) {
  if (!coming || detail.requestConfig?.elt !== chosen) return;
  coming = false;
  while (held.length && !coming) once(held.shift());
}

function failed({ detail }) {
  if (detail.requestConfig?.elt !== chosen || detail.successful) return;
  coming = false;
  held = [];
}

function once(key) {
  const box = document.activeElement;
  if (!box?.matches("textarea, input")) return act(key.toLowerCase());
  box.setRangeText(key, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

export const opening = {
  // Whether this key waits. Behind one that waits all others do, so that their order stays.
  holds(key, isMeant) {
    if (!coming || !(held.length || isMeant)) return false;
    if (key === "Backspace") held.pop();
    else if (key === "Enter") held.push("\n");
    else if (key.length === 1) held.push(key);
    else return false;
    return true;
  },
  // Whether an answer is of a row that was chosen before the latest, or of what was done to a conversation left since.
  isLate({ elt, verb }) {
    return isRow(elt) ? elt !== chosen : verb !== "get" && !elt.isConnected;
  },
  start(run) {
    act = run;
    document.addEventListener("htmx:beforeRequest", asked);
    document.addEventListener("htmx:afterSettle", arrived);
    document.addEventListener("htmx:afterRequest", failed);
  },
};
