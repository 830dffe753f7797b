// One heartbeat every 15 s from a visible page: who looks, who types, and work.
import { composer } from "./composer.js";

const EVERY = 15000;
let input = Date.now();

async function beat() {
  const pane = document.querySelector("#conversation[data-conversation]");
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!pane || !token || document.visibilityState !== "visible") return;
  const now = Date.now();
  try {
    const answer = await fetch("/api/v1/heartbeat/", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify({
        conversation: Number(pane.dataset.conversation),
        typing: now - composer.lastTyped < EVERY,
        active: now - input < 60000,
      }),
    });
    if (answer.ok) show((await answer.json()).viewers);
  } catch { /* the next beat tries again */ }
}

function show(viewers) {
  const strip = document.querySelector("#viewers");
  if (!strip) return;
  const said = viewers.map((one) => `${one.name} ${one.typing ? "is writing" : "is looking"}`).join(", ");
  if (strip.textContent !== said) strip.textContent = said;
  strip.hidden = !said;
}

export const presence = {
  start() {
    for (const name of ["pointerdown", "keydown", "wheel"]) {
      addEventListener(name, () => { input = Date.now(); }, { passive: true });
    }
    document.addEventListener("visibilitychange", beat);
    setInterval(beat, EVERY);
    beat();
  },
  look: beat,
};
