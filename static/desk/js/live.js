// The live link. Events carry ids and counts; the page reads itself again and swaps only what changed:
// never under the pointer or the focus, never the composer.
import { composer } from "./composer.js";
import { notices } from "./notices.js";
import { presence } from "./presence.js";
import { plural, say } from "./words.js";

const GATHER = 1000;
const SILENT = 45000; // three signs of life that did not come
let source = null;
let lostAt = null;
let tries = 0;
let next = 0; // when it is tried again
let heard = 0; // the last sign of life
let timer = 0;
let after = 0;
let last = 0;
let busy = false;
let dirty = false;
let leaving = 0; // until when a form that was sent is taken to lead to another page
let position = ""; // the last event heard
const shown = new Map(); // id of a part: the server's markup that stands there

function remember(root) {
  for (const part of root.querySelectorAll("[data-part][id]")) shown.set(part.id, markup(part));
}

// Running clocks, tokens and the open menu are not news.
function markup(part) {
  const copy = part.cloneNode(true);
  for (const one of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) one.remove();
  for (const one of copy.querySelectorAll("time[data-since], [data-undo] .num, .left rect")) one.replaceChildren();
  for (const one of copy.querySelectorAll("[data-eyes]")) { one.replaceChildren(); one.removeAttribute("title"); one.hidden = true; }
  for (const one of copy.querySelectorAll("details")) one.removeAttribute("open");
  for (const one of copy.querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
  for (const one of copy.querySelectorAll("rect, [data-over]")) { one.removeAttribute("width"); one.removeAttribute("data-over"); }
  for (const one of [copy, ...copy.querySelectorAll("[class*=htmx-]")]) one.classList.remove("htmx-request", "htmx-added", "htmx-settling", "htmx-swapping");
  return copy.innerHTML.replace(/\s+/g, " ");
}

function status(words, lost = false) {
  const strip = document.querySelector("#keys");
  if (!strip) return;
  strip.classList.toggle("lost", lost);
  const live = document.querySelector("#live");
  live.querySelector(".dot").className = `dot ${lost ? "bad" : ""}`;
  if (live.querySelector("span").textContent !== words) live.querySelector("span").textContent = words;
}

const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

async function refresh() {
  if (busy) { dirty = true; return; }
  const wait = leaving - Date.now();
  if (wait > 0) { timer = setTimeout(refresh, wait); return; }
  busy = true;
  last = Date.now();
  try {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" }, credentials: "same-origin" });
    if (answer.redirected && new URL(answer.url).pathname.includes("/login")) { location.reload(); return; }
    if (answer.status === 404 || answer.status === 403) gone();
    else if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch { /* the link says so */ } finally {
    busy = false;
    if (dirty) { dirty = false; soon(); }
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, Math.max(60, GATHER - (Date.now() - last)));
}

// Figures follow their events a little later: the page that says so looks once more.
function late() {
  const wait = Number(document.querySelector("[data-late]")?.dataset.late);
  if (!wait) return;
  clearTimeout(after);
  after = setTimeout(soon, wait);
}

function held(part) {
  if (part.contains(document.activeElement) && part.id !== "timeline") return true;
  if (part.querySelector("details.menu[open], details.writes[open]")) return true;
  // The answer to a request looks for its places from the element that asked: that one must still stand.
  if (part.querySelector(".htmx-request")) return true;
  return part.id === "rows" && part.matches(":hover");
}

function swap(page) {
  const open = document.querySelector("#conversation")?.dataset.conversation;
  if (open !== page.querySelector("#conversation")?.dataset.conversation) return;
  for (const fresh of page.querySelectorAll("[data-part][id]")) {
    const part = document.getElementById(fresh.id);
    if (!part || fresh.id === "told") continue;
    const now = markup(fresh);
    if (now === shown.get(fresh.id)) continue;
    if (fresh.id === "rows" && held(part)) { waiting(part, fresh); continue; }
    if (held(part)) { dirty = true; continue; }
    shown.set(fresh.id, now);
    replace(part, fresh);
  }
  presence.paint();
}

function replace(part, fresh) {
  const near = part.scrollHeight - part.scrollTop - part.clientHeight < 60;
  const top = part.scrollTop;
  const focus = part.contains(document.activeElement);
  fresh = document.importNode(fresh, true);
  part.replaceWith(fresh);
  window.htmx?.process(fresh);
  if (part.id === "timeline") {
    for (const button of fresh.querySelectorAll("[data-again]")) button.hidden = false;
    fresh.scrollTop = near ? fresh.scrollHeight : top;
    if (focus) fresh.focus({ preventScroll: true });
    news(fresh);
  } else fresh.scrollTop = top;
}

// Somebody answered first, or the customer wrote again: who, when and what, over the text that stands there.
function news(timeline) {
  const strip = document.querySelector("#news");
  const since = composer.saw(timeline);
  if (!strip || !since) return;
  const newer = [...timeline.querySelectorAll("[data-in], [data-out]")].filter(({ dataset }) =>
    dataset.in ? Number(dataset.in) > since.seen : Number(dataset.out) > since.seenOutbox);
  const other = newer.length ? "" : `${say("Something was added to this conversation while you write.")} `;
  strip.replaceChildren(...newer.slice(-3).map(told), `${other}${say("Sending asks once more.")}`);
  strip.hidden = false;
}

function told(article) {
  const { who, said, at } = article.dataset;
  const [line, name, time, text] = ["div", "b", "time", "blockquote"].map((tag) => document.createElement(tag));
  name.textContent = who || article.querySelector(".h b").textContent;
  name.dir = text.dir = "auto";
  time.dateTime = time.dataset.since = at;
  text.textContent = article.querySelector(".b")?.textContent || "";
  line.className = "told-l";
  // The sentence of the language around the name and the running clock.
  const holes = { name, time };
  const words = say("{name} {said} {time} ago", { said }).split(/\{(\w+)\}/);
  line.append(...words.map((piece, place) => (place % 2 ? holes[piece] : piece)), text);
  return line;
}

// Handed on, or a role taken away: what stands there grows old, so the page says so and asks no more.
function gone() {
  source?.close();
  const words = say("This is no longer yours to see, so it is not kept up to date. Go back to your queue.");
  status(words, true);
  const strip = document.querySelector("#news");
  if (!strip) return;
  strip.textContent = words;
  strip.hidden = false;
}

// Changes of the list wait behind a button while the pointer or the focus is in it.
function waiting(part, fresh) {
  const known = new Set([...part.querySelectorAll(".q")].map((row) => row.id));
  const added = [...fresh.querySelectorAll(".q")].filter((row) => !known.has(row.id)).length;
  const bar = document.querySelector("#fresh");
  bar.hidden = false;
  bar.querySelector("button").textContent = added ? plural("{number} new", "{number} new", added) : say("The list has changed");
  bar.querySelector("button").onclick = () => {
    bar.hidden = true;
    shown.set("rows", markup(fresh));
    replace(document.querySelector("#rows"), fresh);
    presence.paint();
  };
}

function connect() {
  heard = Date.now();
  const seen = position || document.querySelector("[data-position]")?.dataset.position || "";
  source = new EventSource(`${document.body.dataset.live}?after=${seen}`);
  source.onopen = () => {
    heard = Date.now();
    status(say("Live"));
    if (lostAt) soon();
    lostAt = null;
    tries = 0;
  };
  for (const kind of ["here", "change", "viewers"]) source.addEventListener(kind, () => { heard = Date.now(); });
  source.addEventListener("change", (event) => {
    position = event.lastEventId || position;
    soon();
    late();
    if (JSON.parse(event.data).kinds.includes("agent.notified")) notices.look();
  });
  source.addEventListener("viewers", (event) => presence.heard(JSON.parse(event.data)));
  source.addEventListener("reload", () => { soon(); notices.look(); });
  source.addEventListener("end", () => { source.close(); location.reload(); });
  source.onerror = lost;
}

function lost() {
  source.close();
  lostAt ||= Date.now();
  next = Date.now() + Math.min(30, 2 ** tries++) * 1000;
  retry();
}

function retry() {
  const left = Math.ceil((next - Date.now()) / 1000);
  if (left <= 0) return connect();
  status(say("Not live since {clock}. Trying again in {s} s.", { clock: clock(lostAt), s: left }), true);
  setTimeout(retry, 1000);
}

// A link that fell silent is dead, even where the browser has not noticed: the machine slept, or changed its network.
function watch() {
  if (Date.now() - heard > SILENT) cut();
}

function cut() {
  if (source.readyState !== EventSource.CLOSED) lost();
}

export const live = {
  start() {
    if (!document.body.dataset.live || !document.querySelector("[data-part]")) return;
    remember(document);
    document.addEventListener("htmx:afterSettle", () => { remember(document); presence.paint(); });
    document.addEventListener("desk:refresh", soon);
    document.addEventListener("submit", (event) => { if (!event.defaultPrevented) leaving = Date.now() + 5000; });
    // What changes without an event, as how long ago something was: looked at every so often.
    const every = Number(document.querySelector("[data-every]")?.dataset.every);
    if (every) setInterval(() => document.visibilityState === "visible" && soon(), every);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && dirty && soon());
    document.querySelector("#list")?.addEventListener("pointerleave", () => dirty && soon());
    addEventListener("offline", cut);
    addEventListener("online", () => { next = 0; });
    connect();
    setInterval(watch, 5000);
  },
};
