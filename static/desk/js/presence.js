// One heartbeat every 15 s from a visible page with a conversation: who looks, who types, and work; one more at once
// when somebody begins to type, comes or leaves. From a visible page without one, once a minute: somebody is here. Who
// is not heard of for long gives work back. What changes with others is told by the live link.
import { TYPING, composer } from "./composer.js";
import { say } from "./words.js";

const EVERY = 15000;
const MINUTE = 60000;
let here = Date.now();
let input = Date.now();
let beside = ""; // the conversation that was said to be open
let quiet = 0;
const there = new Map(); // conversation: who looks or types

const opened = () => document.querySelector("#conversation[data-conversation]")?.dataset.conversation || "";

function tell(conversation, { left = false } = {}) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!token) return null;
  const newest = Number(document.querySelector("#bell")?.dataset.newest);
  return fetch("/api/v1/heartbeat/", {
    method: "POST",
    keepalive: true,
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({
      conversation: Number(conversation),
      typing: Date.now() - composer.lastTyped < TYPING,
      active: Date.now() - input < MINUTE,
      ...(left ? { left } : newest ? { noticed: newest } : {}),
    }),
  });
}

async function beat() {
  const now = Date.now();
  const open = document.visibilityState === "visible" ? opened() : "";
  if (beside && beside !== open) tell(beside, { left: true })?.catch(() => { /* it runs out by itself */ });
  beside = open;
  if (document.visibilityState !== "visible") return;
  if (!open && now - here >= MINUTE) {
    here = now;
    fetch("/me/here/").catch(() => { /* the next minute tries again */ });
  }
  if (!open) return;
  try {
    const answer = await tell(open);
    if (answer?.ok) presence.heard({ [open]: (await answer.json()).viewers });
  } catch { /* the next beat tries again */ }
}

// Nobody types for ever: the beat after the last letter says so.
function typing() {
  beat();
  clearInterval(quiet);
  quiet = setInterval(() => {
    if (Date.now() - composer.lastTyped < TYPING) return;
    clearInterval(quiet);
    beat();
  }, 1000);
}

const words = (all) => all.map((one) => one.typing ? say("{name} is writing", one) : say("{name} is looking", one)).join(", ");

function row(place, all) {
  const said = words(all);
  if (place.title === said) return;
  place.title = said;
  place.hidden = !all.length;
  const spoken = document.createElement("span");
  spoken.className = "vh";
  spoken.textContent = said;
  const sign = document.querySelector(all.some((one) => one.typing) ? "#writing" : "#looking");
  place.replaceChildren(...(all.length && sign ? [sign.content.cloneNode(true), String(all.length), spoken] : []));
}

export const presence = {
  start() {
    for (const name of ["pointerdown", "keydown", "wheel"]) {
      addEventListener(name, () => { input = Date.now(); }, { passive: true });
    }
    document.addEventListener("visibilitychange", beat);
    document.addEventListener("desk:typing", typing);
    addEventListener("pagehide", () => beside && tell(beside, { left: true })?.catch(() => { /* it runs out by itself */ }));
    setInterval(beat, EVERY);
    beat();
  },
  look: beat,
  // Who looks at these conversations now, by the live link or the answer to a beat.
  heard(told) {
    for (const [conversation, all] of Object.entries(told)) {
      there.set(conversation, all.filter((one) => String(one.id) !== document.body.dataset.user));
    }
    presence.paint();
  },
  paint() {
    const strip = document.querySelector("#viewers");
    const said = words(there.get(opened()) || []);
    if (strip && strip.textContent !== said) strip.textContent = said;
    if (strip) strip.hidden = !said;
    for (const place of document.querySelectorAll("#rows [data-eyes]")) row(place, there.get(place.closest("[data-id]").dataset.id) || []);
  },
};
