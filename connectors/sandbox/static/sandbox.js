// Keeps the page fresh. Everything here has a plain form or link behind it.
"use strict";

const text = document.getElementById("text");
const count = document.getElementById("count");
const who = document.getElementById("who");
const returns = document.getElementById("returns");
const news = document.getElementById("news");

function measure() {
  const limit = Number(text.dataset.limit);
  const used = [...text.value.normalize("NFC")].length;
  count.textContent = `${used} / ${limit}`;
  count.classList.toggle("over", used > limit);
}

function tries(event) {
  const link = event.target.closest("a[data-text]");
  if (!link) return;
  event.preventDefault();
  text.value = link.dataset.text;
  measure();
  text.focus();
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(returns.dataset.source, { headers: { accept: "text/html" } });
    const html = await answer.text();
    if (!answer.ok || html === refresh.last) return;
    const before = returns.querySelectorAll(".m.us").length;
    returns.innerHTML = html;
    refresh.last = html;
    const more = returns.querySelectorAll(".m.us").length - before;
    if (more > 0) news.textContent = `${more} came back`;
  } catch {
    news.textContent = "The sandbox does not answer.";
  }
}

if (text) {
  text.addEventListener("input", measure);
  document.querySelector(".chips").addEventListener("click", tries);
  who.addEventListener("change", () => {
    if (who.value.trim()) location.search = new URLSearchParams({ as: who.value.trim() });
  });
  measure();
}
document.getElementById("misbehave").addEventListener("change", (event) => event.currentTarget.requestSubmit());
for (const form of document.querySelectorAll("form[data-ask]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(form.dataset.ask)) event.preventDefault();
  });
}
setInterval(refresh, 1500);
