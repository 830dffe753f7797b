// Running clocks: how long somebody waits, and how long an undo is still possible.
import { say } from "./words.js";
function words(seconds) {
  const s = Math.max(0, Math.floor(seconds)), m = Math.floor(s / 60), h = Math.floor(s / 3600), d = Math.floor(s / 86400);
  if (s < 60) return say("{s} s", { s });
  if (h < 1) return say("{m} min", { m });
  if (d < 1) return say("{h} h {m} min", { h, m: String(m % 60).padStart(2, "0") });
  return d < 10 ? say("{d} d {h} h", { d, h: h % 24 }) : say("{d} d", { d });
}

function tick() {
  const now = Date.now();
  for (const clock of document.querySelectorAll("time[data-since]")) {
    const said = words((now - Date.parse(clock.dataset.since)) / 1000);
    if (clock.textContent !== said) clock.textContent = said;
  }
  for (const bar of document.querySelectorAll("[data-undo]")) {
    const left = (Date.parse(bar.dataset.undo) - now) / 1000;
    bar.querySelector(".num").textContent = left > 0 ? say("in {s} s", { s: Math.ceil(left) }) : say("now");
    const share = Math.max(0, Math.min(100, (100 * left) / Number(bar.dataset.total || 8)));
    bar.querySelector(".left rect").setAttribute("width", share);
    if (left <= 0 && !bar.dataset.over) {
      bar.dataset.over = "1";
      document.dispatchEvent(new CustomEvent("desk:refresh"));
    }
  }
}

export const clocks = { start() { tick(); setInterval(tick, 500); } };
