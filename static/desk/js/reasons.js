// What stops a sending, in one dialog. Without scripts it stands above the composer as it is.
import { editors } from "./editors.js";

const box = () => document.querySelector("#reasons");

export const reasons = {
  start(editor) {
    const dialog = box();
    if (!dialog) return;
    for (const one of dialog.querySelectorAll("[data-close], [data-find]")) one.hidden = false;
    dialog.addEventListener("click", (event) => event.target.closest("[data-close]") && dialog.close());
    dialog.addEventListener("close", () => {
      if (dialog.dataset.turned) delete dialog.dataset.turned;
      else editors.enter(editor);
    });
    // Enter in the reason means the button beside it, not the form's first one.
    dialog.querySelector("#reason")?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      dialog.querySelector("[name=pass]").click();
    });
    dialog.removeAttribute("open"); // as the server opened it
    dialog.showModal();
    (dialog.querySelector("footer button:not([hidden])") || dialog).focus();
  },
  // What is done next moves the focus itself.
  close() {
    const dialog = box();
    if (!dialog?.open) return;
    dialog.dataset.turned = "1";
    dialog.close();
  },
};
