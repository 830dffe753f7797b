// Running clocks: how long somebody waits, and how long an undo is still possible.
function words(seconds) {
  const s = Math.max(0, Math.floor(seconds)), m = Math.floor(s / 60), h = Math.floor(s / 3600), d = Math.floor(s / 86400);
  if (s < 60) return `${s} s`;
  if (h < 1) return `${m} min`;
  if (d < 1) return `${h} h ${String(m % 60).padStart(2, "0")} min`;
  return d < 10 ? `${d} d ${h % 24} h` : `${d} d`;
}

function tick() {
  const now = Date.now();
  for (const clock of document.querySelectorAll("time[data-since]")) {
    const said = words((now - Date.parse(clock.dataset.since)) / 1000);
    if (clock.textContent !== said) clock.textContent = said;
  }
  for (const bar of document.querySelectorAll("[data-undo]")) {
    const left = (Date.parse(bar.dataset.undo) - now) / 1000;
    bar.querySelector(".num").textContent = left > 0 ? `in ${Math.ceil(left)} s` : "now";
    const share = Math.max(0, Math.min(100, (100 * left) / Number(bar.dataset.total || 8)));
    bar.querySelector(".left rect").setAttribute("width", share);
    if (left <= 0 && !bar.dataset.over) {
      bar.dataset.over = "1";
      document.dispatchEvent(new CustomEvent("desk:refresh"));
    }
  }
}

export const clocks = { start() { tick(); setInterval(tick, 500); } };
