// The composer: drafts by conversation and audience, the server's length count, one item for one text.
const WAIT = 350;
let timer = 0;
let asked = 0;
let failed = false;

const form = () => document.querySelector("#composer");
const text = () => form()?.querySelector("textarea");
const audience = () => form()?.querySelector("[name=audience]:checked")?.value || "note";
const slot = (who = audience()) => `draft:${document.body.dataset.user}:${form().dataset.conversation}:${who}`;
const cookie = () => form()?.querySelector("[name=csrfmiddlewaretoken]")?.value || "";

function keep() {
  try {
    if (text().value) localStorage.setItem(slot(), text().value);
    else localStorage.removeItem(slot());
  } catch { /* a full or forbidden store loses only the draft */ }
}

function restore() {
  try {
    if (!text().value) text().value = localStorage.getItem(slot()) || "";
  } catch { /* see keep */ }
}

function guard(sentence) {
  const line = document.querySelector("#guard");
  line.querySelector("span").textContent = sentence;
  line.hidden = !sentence;
}

function ring(count) {
  const len = document.querySelector("#len");
  len.hidden = !count;
  if (!count) return;
  const share = Math.min(100, Math.round((100 * count.used) / Math.max(1, count.limit)));
  len.querySelector(".v").setAttribute("stroke-dasharray", `${share} 100`);
  len.querySelector("span").textContent = `${count.used.toLocaleString()} / ${count.limit.toLocaleString()}`;
  len.setAttribute("aria-label", `${count.used} of ${count.limit} ${count.unit}`);
  len.classList.toggle("over", !count.fits);
}

async function measure() {
  const now = ++asked;
  const box = form();
  const body = { conversation: Number(box.dataset.conversation), visibility: audience(), text: text().value };
  if (body.visibility === "note" || !body.text) return paint(null);
  try {
    const answer = await fetch(box.dataset.measure, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": cookie() },
      body: JSON.stringify(body),
    });
    if (now === asked && answer.ok) paint(await answer.json());
  } catch { /* the server counts again when it is sent */ }
}

function paint(count) {
  if (!form()) return;
  ring(count);
  const cost = document.querySelector("#cost");
  cost.textContent = count?.warnings.join(" ") || "";
  cost.hidden = !cost.textContent;
  if (count || !form().hasAttribute("data-refused")) guard(count?.refused || "");
}

function typed() {
  const box = form();
  keep();
  box.removeAttribute("data-refused");
  if (failed) {
    // An earlier try may have reached the server: another text is another item.
    box.querySelector("[name=client_key]").value = crypto.randomUUID().replaceAll("-", "");
    failed = false;
  }
  clearTimeout(timer);
  timer = setTimeout(measure, WAIT);
}

export const composer = {
  lastTyped: 0,
  start() {
    const box = form();
    if (!box || box.dataset.started) return;
    box.dataset.started = "1";
    restore();
    if (text().value && !box.hasAttribute("data-refused")) measure();
    text().addEventListener("input", () => { composer.lastTyped = Date.now(); typed(); });
    box.addEventListener("change", (event) => {
      if (event.target.name !== "audience") return;
      if (text().value) keep();
      else restore();
      measure();
    });
    text().addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        composer.send();
      }
    });
    box.addEventListener("htmx:beforeRequest", () => { box.dataset.sent = slot(); });
    for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
      box.addEventListener(name, () => {
        failed = true;
        guard("The desk did not answer. Your text is kept; look at the timeline before you send it again.");
      });
    }
  },
  // The answer to a send is about to be shown: unless it was refused, its draft is done with.
  sent(box, answer) {
    const next = new DOMParser().parseFromString(answer, "text/html").querySelector("#composer");
    if (!next || next.hasAttribute("data-refused")) return;
    try { localStorage.removeItem(box.dataset.sent); } catch { /* see keep */ }
  },
  send() {
    const button = [...form().querySelectorAll("button")].find((one) => one.offsetParent);
    form().requestSubmit(button);
  },
  // Puts the cursor in a composer that already has the audience.
  choose(who) {
    const choice = form()?.querySelector(`[name=audience][value=${who}]`);
    if (!choice) return;
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    text().focus();
  },
  write(words, who) {
    composer.choose(who);
    text().value = words;
    typed();
  },
  empty: () => !text()?.value,
  // What somebody saw live counts as seen only while nothing is being written.
  saw(timeline) {
    const box = form();
    if (!box || !timeline) return false;
    const fields = [["seen", timeline.dataset.seen], ["seen_outbox", timeline.dataset.seenOutbox]];
    const changed = fields.some(([name, value]) => box.querySelector(`[name=${name}]`).value !== value);
    if (changed && composer.empty()) for (const [name, value] of fields) box.querySelector(`[name=${name}]`).value = value;
    return changed && !composer.empty();
  },
};
