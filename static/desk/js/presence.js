// One heartbeat every 15 s from a visible page with a conversation: who looks, who types, and work. From a visible
// page without one, once a minute: somebody is here. Who is not heard of for long gives work back.
import { composer } from "./composer.js";

const EVERY = 15000;
const MINUTE = 60000;
let here = Date.now();
let input = Date.now();

async function beat() {
  const pane = document.querySelector("#conversation[data-conversation]");
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const now = Date.now();
  if (document.visibilityState !== "visible") return;
  if (!pane && now - here >= MINUTE) {
    here = now;
    fetch("/me/here/").catch(() => { /* the next minute tries again */ });
  }
  if (!pane || !token) return;
  try {
    const answer = await fetch("/api/v1/heartbeat/", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify({
        conversation: Number(pane.dataset.conversation),
        typing: now - composer.lastTyped < EVERY,
        active: now - input < MINUTE,
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
