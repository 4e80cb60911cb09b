/* What keys do, for who wants that: the list in templates/_keys.html says it. Left alone are
   keys that are typed into something, and those that come with Ctrl, Alt or Meta. */
"use strict";

const list = document.getElementById("keys");
const choice = list?.querySelector("[data-keys-on]");
const OFF = "keys-off";
// In milliseconds: how long a first key waits for its second.
const SECOND_KEY_WITHIN = 1_000;
const PLACES = { h: "[data-go=apps]", a: "[data-go=activity]", i: "[data-go=insights]" };
let began = 0;

const entries = () => [...document.querySelectorAll(".entry")];
const atEntry = () => document.activeElement?.closest(".entry");

function step(by) {
  const all = entries();
  const next = all[Math.max(0, all.indexOf(atEntry()) + by)];
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function search() {
  const field = document.querySelector("input[type=search]") ?? document.querySelector("form[role=search] :is(input:not([type=hidden]), select)");
  // On a small screen the filters wait behind a button.
  if (field?.checkVisibility()) field.focus();
  else document.querySelector(".filters-open")?.focus();
}

const ACTS = {
  "/": search,
  "?": () => list.showModal(),
  g: () => { began = performance.now(); },
  j: () => step(+1),
  k: () => step(-1),
  n: () => document.querySelector("#news a")?.click(),
};
const AT_AN_ENTRY = {
  ArrowDown: () => step(+1),
  ArrowUp: () => step(-1),
  Enter: () => atEntry().querySelector(".entry-actions a, .entry-title a, .entry-meta a")?.click(),
};

function hear(event) {
  const { key, target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (document.querySelector("dialog[open]") || target.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]")) return;
  const isSecond = performance.now() - began < SECOND_KEY_WITHIN;
  began = 0;
  const place = isSecond && PLACES[key] && document.querySelector(PLACES[key]);
  const act = place ? () => place.click() : ACTS[key] ?? (target.matches(".entry") ? AT_AN_ENTRY[key] : undefined);
  if (!act) return;
  event.preventDefault();
  act();
}

if (list) {
  // Who turned keys off finds the way back in the list, by its button.
  choice.checked = !localStorage.getItem(OFF);
  choice.addEventListener("change", () => {
    if (choice.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  });
  document.addEventListener("keydown", (event) => { if (choice.checked) hear(event); });
  const button = document.querySelector("[data-keys-list]");
  button.addEventListener("click", () => list.showModal());
  button.hidden = false;
}
