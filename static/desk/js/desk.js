// The desk in the browser. Everything works without it for reading and replying; this makes it quick and live.
import { composer } from "./composer.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { notices } from "./notices.js";
import { opening } from "./opening.js";
import { presence } from "./presence.js";
import { clocks } from "./clocks.js";
import { attachments } from "./attachments.js";
import { palette } from "./palette.js";
import { picks } from "./picks.js";
import { say } from "./words.js";

// Marks the open row and puts the timeline at its end; runs for the first page and after every swap of the pane.
function opened(fresh) {
  const pane = document.querySelector("#conversation");
  const id = pane?.dataset.conversation;
  for (const row of document.querySelectorAll("#rows .q")) {
    if (id && row.dataset.id === id) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  // One main part: the list is it while nothing is open.
  if (id) document.querySelector("#list[role=main]")?.removeAttribute("role");
  const timeline = document.querySelector("#timeline");
  const sought = fresh && timeline?.querySelector("[data-sought]");
  if (sought) {
    sought.scrollIntoView({ block: "center" });
    sought.focus({ preventScroll: true });
  } else if (timeline && fresh) timeline.scrollTop = timeline.scrollHeight;
  for (const button of document.querySelectorAll("[data-again]")) button.hidden = false;
}

let before = "";
let scroll = 0;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "pane") return;
  const sender = event.detail.requestConfig?.elt;
  if (sender?.id === "composer") composer.sent(sender, event.detail.serverResponse);
  if (opening.isLate(event.detail.requestConfig)) {
    event.detail.shouldSwap = false; // the lists are read anew, and what is open stays
    document.dispatchEvent(new Event("desk:refresh"));
    return;
  }
  const timeline = document.querySelector("#timeline");
  before = document.querySelector("#conversation")?.dataset.conversation || "";
  scroll = timeline ? timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight : 0;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "pane" && event.detail.target?.id !== "pane") return;
  const now = document.querySelector("#conversation")?.dataset.conversation || "";
  opened(now !== before || scroll < 60);
  composer.start();
  presence.look();
});
document.addEventListener("click", (event) => {
  const away = document.querySelectorAll("details.menu[open]");
  for (const menu of away) if (!menu.contains(event.target)) menu.open = false;
  const again = event.target.closest("[data-again]");
  if (again) composer.write(again.dataset.again, again.dataset.audience);
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const source = document.querySelector(copy.dataset.copy);
    source.select();
    // Browsers have a clipboard on safe addresses only; elsewhere the text is marked, to be copied by hand.
    navigator.clipboard?.writeText(source.value).then(() => (copy.querySelector("span").textContent = say("Copied")));
  }
  if (event.target.closest(".ctx-open, .ctx-close")) {
    event.preventDefault();
    keys.context();
  }
  if (event.target.closest("[href='#side']")) {
    event.preventDefault();
    document.body.classList.add("show-side");
    document.querySelector("#side a")?.focus();
  } else if (event.target.closest(".close-side")) {
    event.preventDefault();
    document.body.classList.remove("show-side");
  }
});
// What opens within a scrolling part is brought into sight.
document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.closest("#timeline, #held")) event.target.scrollIntoView({ block: "nearest" });
}, true);
// A page from the browser's memory holds an old form; read it again.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

opened(true);
composer.start();
keys.start({ "/": palette.open });
palette.start();
picks.start();
clocks.start();
attachments.start();
notices.start();
presence.start();
live.start();
