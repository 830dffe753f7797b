// The composer: one form whose frame follows its audience. What stands in it is measured and looked at by the server.
import { drafts } from "./drafts.js";
import { editors } from "./editors.js";
import { macros } from "./macros.js";
import { mentions } from "./mentions.js";
import { reasons } from "./reasons.js";
import { say } from "./words.js";

const WAIT = 350;
export const TYPING = 10000; // so long after the last letter somebody is said to write
let timer = 0;
let asked = 0;
let failed = false;

const form = () => document.querySelector("#composer");
const text = () => form()?.querySelector("#text");
const audience = () => form()?.querySelector("[name=audience]:checked")?.value || "note";
const can = (who) => form()?.querySelector(`[name=audience][value=${who}]`);
const cookie = () => form()?.querySelector("[name=csrfmiddlewaretoken]")?.value || "";

// What stands in the boxes now, and putting it there.
function words() {
  const box = form();
  return {
    text: text().value,
    more: [...box.querySelectorAll("[name=more]")].map((one) => one.value),
    line: box.querySelector("#line")?.value || "",
    fallback: box.querySelector("#fallback")?.value || "",
  };
}

function put({ text: said = "", more = [], line = "", fallback = "" }) {
  const box = form();
  text().value = said;
  box.querySelector("#posts")?.replaceChildren();
  for (const post of more) another(post);
  if (box.querySelector("#pair")) pair(line, fallback);
}

function another(said = "") {
  const posts = form().querySelector("#posts");
  if (!posts) return null;
  posts.append(form().querySelector("#post").content.cloneNode(true));
  const area = posts.lastElementChild.querySelector("textarea");
  area.value = said;
  area.parentElement.querySelector("[data-drop]").hidden = false;
  return area;
}

function pair(line, fallback) {
  const box = form().querySelector("#pair");
  box.hidden = !(line || fallback);
  box.querySelector("#line").value = line;
  box.querySelector("#fallback").value = fallback;
  form().querySelector("[data-both]").hidden = !box.hidden;
}

function guard(found, refused) {
  const line = document.querySelector("#guard");
  const held = found.find((one) => one.level === "hold");
  const said = [(held || found[0])?.why, refused].filter(Boolean).join(" ");
  if (line.querySelector("span").textContent !== said) line.querySelector("span").textContent = said;
  line.hidden = !said;
  line.classList.toggle("soft", !held && !refused);
  line.querySelector(".acts").hidden = !held;
  const turn = line.querySelector("[data-turn]");
  if (turn) turn.hidden = audience() !== "public";
  for (const button of form().querySelectorAll("[data-send]")) {
    if (held || refused) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
    button.setAttribute("aria-describedby", "guard");
  }
}

async function measure() {
  const now = ++asked;
  const box = form();
  const said = words();
  const body = { conversation: Number(box.dataset.conversation), visibility: audience(), ...said };
  if (body.visibility === "note" || !(said.text || said.more.some(Boolean) || said.line)) return paint(null);
  try {
    const answer = await fetch(box.dataset.measure, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": cookie() },
      body: JSON.stringify(body),
    });
    if (now === asked && answer.ok) paint(await answer.json());
  } catch { /* the server counts and looks again when it is sent */ }
}

function paint(count) {
  if (!form()) return;
  const direct = audience() === "direct";
  const others = direct ? form().querySelectorAll("#line, #fallback") : form().querySelectorAll("[name=more]");
  editors.ring(document.querySelector("#len"), count);
  others.forEach((area, number) => editors.ring(area.parentElement.querySelector(".len"), area.value ? count?.parts[number] : null));
  const found = count?.findings || [];
  const looked = direct ? [...others] : [text(), ...others];
  for (const area of form().querySelectorAll(".part textarea")) editors.mark(area, found.filter((one) => looked[one.part] === area));
  const cost = document.querySelector("#cost");
  cost.textContent = count?.warnings.join(" ") || "";
  cost.hidden = !cost.textContent;
  guard(found, count?.refused || "");
}

function typed() {
  const box = form();
  drafts.changed();
  if (failed) {
    // An earlier try may have reached the server: another text is another item.
    box.querySelector("[name=client_key]").value = crypto.randomUUID().replaceAll("-", "");
    failed = false;
  }
  clearTimeout(timer);
  timer = setTimeout(measure, WAIT);
}

// The frame is another one by now: one's draft of that audience, or the text goes along.
function switched(carry) {
  const before = form().dataset.who;
  const now = audience();
  if (before === now) return;
  const was = words();
  const there = drafts.of(now);
  form().dataset.who = now;
  const along = [was.text, ...(before === "public" ? was.more : [])].filter((part) => part.trim()).join("\n\n");
  if (along && (carry || !there?.text)) {
    drafts.moved(before);
    put({ ...there, more: [], text: there?.text && there.text !== along ? `${along}\n\n${there.text}` : along });
  } else {
    drafts.left(before, was);
    put(there || {});
  }
  drafts.changed();
  measure();
}

// From public to private in one step: the text goes along, and what is said in public is proposed.
function turn() {
  if (!can("direct")) return;
  reasons.close();
  can("direct").checked = true;
  switched(true);
  both();
  editors.enter(text());
}

function both() {
  const box = form();
  if (box.querySelector("#pair") && !box.querySelector("#line").value) pair(box.dataset.line, box.dataset.fallback);
  drafts.changed();
  measure();
}

// Only the button that was pressed counts: htmx would add the one that was pressed before it, sent or not.
function pressed({ parameters, triggeringEvent }) {
  for (const name of ["turn", "then", "when", "ask", "pass"]) delete parameters[name];
  const button = triggeringEvent?.submitter;
  if (button?.name) parameters[button.name] = button.value;
}

function clicked(event) {
  const button = event.target.closest("button");
  if (!button) return;
  const does = {
    turn,
    post: () => another()?.focus(),
    drop: () => { button.closest(".part").remove(); typed(); text().focus(); },
    alone: () => { pair("", ""); typed(); text().focus(); },
    both: () => { both(); form().querySelector("#line").focus(); },
    find: () => { reasons.close(); editors.find(form()); },
    macrosOpen: () => macros.open(),
  };
  const key = Object.keys(does).find((name) => name in button.dataset);
  if (!key) return;
  event.preventDefault();
  does[key]();
}

export const composer = {
  lastTyped: 0,
  start() {
    const box = form();
    if (!box || box.dataset.started) return;
    box.dataset.started = "1";
    composer.lastTyped = 0; // in another one
    box.dataset.who = audience();
    drafts.start({ box, words, who: audience, token: cookie });
    const kept = box.hasAttribute("data-kept");
    const newer = kept ? null : drafts.newer();
    if (newer) put(newer);
    for (const one of box.querySelectorAll("[data-drop], [data-alone], [data-macros-open]")) one.hidden = false;
    if (box.querySelector("#pair")) box.querySelector("[data-both]").hidden = !box.querySelector("#pair").hidden;
    if (kept) drafts.changed();
    box.addEventListener("input", (event) => {
      if (!event.target.matches(".part textarea")) return;
      const began = Date.now() - composer.lastTyped > TYPING;
      composer.lastTyped = Date.now();
      if (began) document.dispatchEvent(new CustomEvent("desk:typing"));
      editors.shift(event.target);
      macros.look(event.target);
      mentions.look(event.target);
      typed();
    });
    box.addEventListener("change", (event) => event.target.name === "audience" && switched(false));
    box.addEventListener("click", clicked);
    document.querySelector("#reasons")?.addEventListener("click", clicked);
    box.addEventListener("keydown", (event) => {
      if (macros.pressed(event) || mentions.pressed(event)) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        composer.send();
      } else if (event.altKey && event.code === "KeyP" && audience() === "public" && box.dataset.line) {
        event.preventDefault();
        turn();
      } else if (event.key === "Enter" && event.target.type === "datetime-local") {
        event.preventDefault();
        event.target.closest(".field").nextElementSibling.click();
      }
    });
    box.addEventListener("scroll", (event) => editors.scrolled(event.target), true);
    // What is asked from within the form, as its pictures are, is none of its sendings.
    const sends = (event) => event.detail.elt === box;
    box.addEventListener("htmx:configRequest", (event) => sends(event) && pressed(event.detail));
    box.addEventListener("htmx:beforeRequest", (event) => {
      if (!sends(event)) return;
      box.dataset.sent = audience();
      drafts.stop();
    });
    for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
      box.addEventListener(name, (event) => {
        if (!sends(event)) return;
        failed = true;
        guard([], say("The desk did not answer. Your text is kept; look at the timeline before you send it again."));
      });
    }
    reasons.start(text());
    if (audience() !== "note" && (text().value || words().line)) measure();
  },
  // The answer to a send is about to be shown: unless it was refused, its draft is done with.
  sent(box, answer) {
    const next = new DOMParser().parseFromString(answer, "text/html").querySelector("#composer");
    if (next && !next.hasAttribute("data-kept")) drafts.done(box.dataset.sent);
  },
  send() {
    form().requestSubmit([...form().querySelectorAll("[data-send]")].find((one) => one.offsetParent));
  },
  // Puts the cursor in a composer that already has the audience.
  choose(who) {
    composer.start(); // a key may come before the pane that was just swapped has settled
    const choice = can(who);
    if (!choice) return;
    choice.checked = true;
    switched(false);
    text().focus();
  },
  macro() {
    if (!form() || audience() === "note") return;
    text().focus();
    macros.open();
  },
  write(said, who) {
    composer.choose(who);
    text().value = said;
    typed();
  },
  empty: () => !text()?.value,
  // What somebody saw live counts as seen only while nothing is being written; else it tells up to where they had seen.
  saw(timeline) {
    const box = form();
    if (!box || !timeline) return null;
    const fields = [["seen", timeline.dataset.seen], ["seen_outbox", timeline.dataset.seenOutbox]];
    const changed = fields.some(([name, value]) => box.querySelector(`[name=${name}]`).value !== value);
    if (changed && composer.empty()) for (const [name, value] of fields) box.querySelector(`[name=${name}]`).value = value;
    const had = (name) => Number(box.querySelector(`[name=${name}]`).value);
    return changed && !composer.empty() ? { seen: had("seen"), seenOutbox: had("seen_outbox") } : null;
  },
};
