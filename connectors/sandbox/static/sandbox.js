// Keeps the page fresh. Everything here has a plain form or link behind it.
"use strict";

const text = document.getElementById("text");
const count = document.getElementById("count");
const who = document.getElementById("who");
const returns = document.getElementById("returns");
const news = document.getElementById("news");

function measure() {
  const direct = document.querySelector("[name=audience]:checked").value === "direct";
  const limit = Number(direct ? text.dataset.directLimit : text.dataset.limit);
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

function show(changes) {
  const asked = new URLSearchParams(returns.dataset.source.split("?")[1]);
  for (const [name, value] of Object.entries(changes)) asked.set(name, value);
  location.search = asked;
}

for (const tile of document.querySelectorAll(".pick [name=network]")) {
  tile.addEventListener("change", () => show({ network: tile.value }));
}
if (text) {
  text.addEventListener("input", measure);
  document.querySelector(".chips").addEventListener("click", tries);
  who.addEventListener("change", () => {
    if (who.value.trim()) show({ as: who.value.trim() });
  });
  for (const audience of document.querySelectorAll("[name=audience]")) audience.addEventListener("change", measure);
  measure();
}
document.getElementById("misbehave").addEventListener("change", (event) => event.currentTarget.requestSubmit());
for (const form of document.querySelectorAll("form[data-ask]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(form.dataset.ask)) event.preventDefault();
  });
}
setInterval(refresh, 1500);
