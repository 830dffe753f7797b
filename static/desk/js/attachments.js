// Pictures of a reply: chosen, dropped or pasted; the server keeps them and answers with the tray as it stands.
import { say } from "./words.js";
const tray = () => document.querySelector("#attachments[data-url]");
const token = () => document.querySelector("#composer [name=csrfmiddlewaretoken]")?.value || "";
const slow = () => say("The desk did not answer. Try again.");

function tell(words) {
  const line = document.querySelector("#attachments [data-said]");
  if (!line) return;
  line.textContent = words;
  line.hidden = !words;
}

// What was typed in the texts stays, whatever answer replaces the tray meanwhile.
function show(html) {
  const typed = [...document.querySelectorAll("#attachments [data-alt]")].map((one) => [one.id, one.value]);
  const focus = document.activeElement?.id;
  const next = new DOMParser().parseFromString(html, "text/html").querySelector("#attachments");
  if (!next || !tray()) return;
  tray().replaceWith(next);
  for (const [id, value] of typed) {
    const there = document.getElementById(id);
    if (there) there.value = value;
  }
  if (focus) document.getElementById(focus)?.focus();
  next.dispatchEvent(new CustomEvent("desk:attachments", { bubbles: true }));
}

async function sentence(answer) {
  if (answer.status === 413) return say("The picture is too large.");
  try {
    return (await answer.json()).error || slow();
  } catch {
    return answer.status === 400 ? say("The picture is too large, or no picture.") : slow();
  }
}

async function change(url, method, body) {
  try {
    const answer = await fetch(url, { method, body, headers: { "X-CSRFToken": token() } });
    if (answer.ok && !answer.redirected) show(await answer.text());
    else tell(await sentence(answer));
    return answer.ok;
  } catch {
    tell(slow());
    return false;
  }
}

// One after the other, so that they stand in the order in which they were chosen.
async function add(files) {
  const pictures = [...files].filter((file) => file.type.startsWith("image/"));
  if (!tray()) return;
  if (!pictures.length) return tell(say("Choose a picture."));
  const room = Number(tray().dataset.count) - tray().querySelectorAll(".att").length;
  for (const [number, file] of pictures.slice(0, room).entries()) {
    tell(pictures.length > 1
      ? say("Adding picture {number} of {total}", { number: number + 1, total: pictures.length })
      : say("Adding the picture"));
    const body = new FormData();
    body.append("picture", file, file.name);
    if (!(await change(tray().dataset.url, "POST", body))) return;
  }
  if (pictures.length > room) tell(say("A reply here takes at most {number}.", { number: tray().dataset.count }));
}

let timer = 0;
function describe(field) {
  clearTimeout(timer);
  timer = setTimeout(() => save(field), 600);
}

async function save(field) {
  const body = new URLSearchParams({ alt: field.value });
  try {
    const answer = await fetch(field.closest(".att").dataset.url, { method: "PATCH", body, headers: { "X-CSRFToken": token() } });
    tell(answer.ok ? "" : await sentence(answer));
  } catch {
    tell(slow());
  }
}

const carries = (data) => data && [...data.types].includes("Files");

export const attachments = {
  start() {
    document.addEventListener("change", (event) => {
      if (event.target.matches("#attachments [data-choose]")) add(event.target.files);
      else if (event.target.matches("#attachments [data-alt]")) save(event.target);
    });
    document.addEventListener("input", (event) => {
      if (event.target.matches("#attachments [data-alt]")) describe(event.target);
    });
    document.addEventListener("click", (event) => {
      const button = event.target.closest("#attachments [data-remove]");
      if (button) change(button.closest(".att").dataset.url, "DELETE");
    });
    document.addEventListener("paste", (event) => {
      if (!tray() || !event.target.closest?.("#composer") || !event.clipboardData?.files.length) return;
      event.preventDefault();
      add(event.clipboardData.files);
    });
    for (const kind of ["dragover", "dragleave", "drop"]) {
      document.addEventListener(kind, (event) => {
        const over = event.target.closest?.("#composer");
        if (!over || !tray() || !carries(event.dataTransfer)) return;
        event.preventDefault();
        over.classList.toggle("over", kind === "dragover");
        if (kind === "drop") add(event.dataTransfer.files);
      });
    }
  },
};
