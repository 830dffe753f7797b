// What concerns somebody, on their desktop: one notification for each, however many tabs are open. The tabs take turns,
// and share what was shown last.
import { say } from "./words.js";
const LAST = "desk:noticed";

const wanted = () => document.body.dataset.desktop && "Notification" in window && Notification.permission === "granted";
const key = () => `${LAST}:${document.body.dataset.user}`;

async function news() {
  const after = localStorage.getItem(key());
  const answer = await fetch(`${document.body.dataset.desktop}${after ? `?after=${after}` : ""}`);
  if (!answer.ok || answer.redirected) return;
  const { newest, notifications } = await answer.json();
  localStorage.setItem(key(), Math.max(newest, Number(after)));
  for (const { id, title, body, url } of notifications) {
    const shown = new Notification(title, { body, tag: `socialdesk-${id}` });
    shown.onclick = () => { window.focus(); shown.close(); location.assign(url); };
  }
}

function ask(box) {
  const [button, said] = [box.querySelector("button"), box.querySelector("[role=status]")];
  const show = () => {
    const state = Notification.permission;
    button.hidden = state !== "default";
    said.textContent = {
      granted: say("This browser shows them."),
      denied: say("This browser blocks them. Its own settings for this address allow them again."),
    }[state] || "";
  };
  box.hidden = false;
  button.addEventListener("click", () => Notification.requestPermission().then(show));
  show();
}

export const notices = {
  look() {
    if (wanted()) navigator.locks.request(LAST, () => news().catch(() => { /* the next one tells of it, too */ }));
  },
  start() {
    const box = document.querySelector("#desktop-ask");
    if (box && "Notification" in window) ask(box);
    notices.look();
  },
};
