// Drafts, by audience. The server keeps them; this browser only what the server does not have yet.
const PAUSE = 1000;
let timer = 0;
let open = null; // { box, words, who, token } of the form on the page
let sending = null;
let skew = 0;

const slot = (who) => `draft:${document.body.dataset.user}:${open.box.dataset.conversation}:${who}`;
const empty = (said) => !(said.text.trim() || said.line.trim() || said.more.some((one) => one.trim()));

function here(who) {
  try {
    const kept = JSON.parse(localStorage.getItem(slot(who)) || "null");
    return kept && typeof kept.text === "string" ? { more: [], line: "", fallback: "", ...kept } : null;
  } catch {
    return null;
  }
}

function keep(who, said) {
  try {
    if (said) localStorage.setItem(slot(who), JSON.stringify({ ...said, at: new Date(Date.now() + skew).toISOString() }));
    else localStorage.removeItem(slot(who));
  } catch { /* a full or forbidden store loses only what the server could not be told either */ }
}

async function save(who, said) {
  const { box, token } = open;
  const key = slot(who);
  const body = new URLSearchParams({ audience: who, text: said.text, line: said.line, fallback: said.fallback });
  for (const post of said.more) body.append("more", post);
  body.append("client_key", box.querySelector("[name=client_key]").value);
  sending?.abort();
  const mine = (sending = new AbortController());
  const before = localStorage.getItem(key);
  try {
    const answer = await fetch(box.dataset.draft, {
      method: "PUT", body, headers: { "X-CSRFToken": token() }, keepalive: true, signal: mine.signal,
    });
    if (answer.ok && !answer.redirected && localStorage.getItem(key) === before) localStorage.removeItem(key);
  } catch { /* it stays here, and is newer than what the server has */ }
}

function flush() {
  if (!timer) return;
  clearTimeout(timer);
  timer = 0;
  if (open?.box.isConnected) save(open.box.dataset.who, open.words());
}

function remember(who, said) {
  const all = JSON.parse(open.box.dataset.drafts || "{}");
  if (said) all[who] = { ...said, at: new Date(Date.now() + skew).toISOString() };
  else delete all[who];
  open.box.dataset.drafts = JSON.stringify(all);
}

export const drafts = {
  start(about) {
    open = about;
    timer = 0;
    skew = Date.parse(open.box.dataset.now) - Date.now();
    if (drafts.listens) return;
    drafts.listens = true;
    addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush());
    // Another conversation is about to be shown in its place.
    document.addEventListener("htmx:beforeRequest", (event) => event.detail.elt.id !== "composer" && flush());
  },
  // One's draft of an audience: the newer of the server's and this browser's.
  of(who) {
    const there = JSON.parse(open.box.dataset.drafts || "{}")[who];
    const mine = here(who);
    return mine && (!there || Date.parse(mine.at) > Date.parse(there.at)) ? mine : there || null;
  },
  // What this browser has of the open audience and the server does not.
  newer() {
    const who = open.who();
    const mine = here(who);
    return mine && drafts.of(who).at === mine.at ? mine : null;
  },
  changed() {
    const said = open.words();
    keep(open.box.dataset.who, said);
    clearTimeout(timer);
    timer = setTimeout(flush, PAUSE);
  },
  // The text went over to another audience: it is no draft of this one any more.
  moved(who) {
    remember(who, null);
    keep(who, null);
    save(who, { text: "", more: [], line: "", fallback: "" });
    sending = null; // the next save is another audience's and must not stop this one
  },
  left(who, said) {
    remember(who, empty(said) ? null : said);
    keep(who, said);
    save(who, said);
    sending = null;
  },
  stop() {
    clearTimeout(timer);
    timer = 0;
    sending?.abort();
  },
  done(who) {
    drafts.stop();
    keep(who, null);
  },
};
