/* What HTML and htmx cannot say: a dialog opens when its content arrives, closes, and says
   when no answer came. Every page works without this file. */
"use strict";

const dialog = () => document.getElementById("dialog");

document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target === dialog() && target.childElementCount && !target.open) target.showModal();
});

document.addEventListener("rolled-back", () => dialog().close());

document.addEventListener("click", (event) => {
  if (!dialog()?.open || !event.target.closest("[data-close]")) return;
  event.preventDefault();
  dialog().close();
});

document.addEventListener("close", ({ target }) => {
  if (target === dialog()) target.replaceChildren();
}, true);

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, () => {
    const notice = document.querySelector("[data-no-answer]");
    if (!notice) return;
    notice.hidden = false;
    notice.focus();
  });
}
