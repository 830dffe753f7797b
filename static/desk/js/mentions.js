// `@` in a note offers the colleagues who may see this conversation.
import { offers } from "./offers.js";
import { say } from "./words.js";

export const mentions = offers({
  name: "colleagues",
  start: /(^|[^\p{L}\p{N}_@.+-])@([\p{L}\p{N}_.+-]{0,40})$/u,
  fits: () => document.querySelector("#composer [name=audience]:checked")?.value === "note",
  ask: (box, query) => `${box.dataset.colleagues}?q=${query}`,
  shown: ({ name, username }) => [name, `@${username}`],
  insert: ({ username }) => `@${username} `,
  none: () => say("Nobody who may see this conversation is called like this."),
});
