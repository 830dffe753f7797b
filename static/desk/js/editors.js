// The boxes one writes in: their marks, drawn in a layer behind the letters, and their length rings.
import { say } from "./words.js";
const places = new WeakMap(); // textarea: what was found in it, in code points

const mirror = (area) => area.parentElement.querySelector(".mirror");

// Marks as text nodes and elements: nothing that was written is ever read as markup.
function draw(area) {
  const layer = mirror(area);
  const letters = [...area.value];
  const pieces = [];
  let at = 0;
  for (const { start, end, level } of places.get(area) || []) {
    if (end <= at) continue;
    pieces.push(letters.slice(at, start).join(""));
    const mark = document.createElement("mark");
    mark.className = level;
    mark.textContent = letters.slice(Math.max(at, start), end).join("");
    pieces.push(mark);
    at = end;
  }
  // A last line that is empty takes room in a text box and none in a layer.
  layer.replaceChildren(...pieces, `${letters.slice(at).join("")}\u200b`);
  layer.scrollTop = area.scrollTop;
}

export const editors = {
  // A box that a closing dialog gave the focus back to takes no keys until it is left and entered again.
  enter(area, from = area.value.length, to = from) {
    area.blur();
    area.focus();
    area.setSelectionRange(from, to);
  },
  mark(area, found) {
    places.set(area, [...found].sort((one, other) => one.start - other.start));
    area.dataset.was = area.value;
    draw(area);
  },
  // Until the server has looked again, only what stands before the change is still known.
  shift(area) {
    const before = [...(area.dataset.was || "")];
    const now = [...area.value];
    let same = 0;
    while (same < now.length && now[same] === before[same]) same++;
    places.set(area, (places.get(area) || []).filter((one) => one.end <= same));
    area.dataset.was = area.value;
    draw(area);
  },
  scrolled(area) {
    if (area.matches?.("textarea.ed")) mirror(area).scrollTop = area.scrollTop;
  },
  ring(len, count) {
    if (!len) return;
    len.hidden = !count;
    if (!count) return;
    const share = Math.min(100, Math.round((100 * count.used) / Math.max(1, count.limit)));
    len.querySelector(".v").setAttribute("stroke-dasharray", `${share} 100`);
    len.querySelector("span").textContent = `${count.used.toLocaleString()} / ${count.limit.toLocaleString()}`;
    len.setAttribute("aria-label", say("{used} of {limit} {unit}", count));
    len.classList.toggle("over", !count.fits);
  },
  // Selects the first place that is held, so that typing replaces it.
  find(form) {
    const areas = [...form.querySelectorAll(".part textarea")].filter((area) => area.offsetParent);
    const held = (area) => (places.get(area) || []).find((one) => one.level === "hold");
    const area = areas.find(held) || areas.find((one) => told(one)) || areas[0];
    const place = held(area) || told(area);
    if (!place) return editors.enter(area);
    const letters = [...area.value];
    const from = letters.slice(0, place.start).join("").length;
    editors.enter(area, from, from + letters.slice(place.start, place.end).join("").length);
  },
};

// The dialog knows the place before the page has asked: its text is the box's without the blanks around it.
function told(area) {
  const said = [...document.querySelectorAll("#reasons .found")].find((one) => one.textContent === area.value.trim());
  if (!said) return null;
  const blank = [...area.value].length - [...area.value.trimStart()].length;
  return { start: Number(said.dataset.start) + blank, end: Number(said.dataset.end) + blank };
}
