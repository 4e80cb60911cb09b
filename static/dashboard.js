/* What HTML and htmx cannot say: a dialog opens when its content arrives, closes, keeps what
   is typed, says when no answer came, and bounds a log. Every page works without this file. */
"use strict";

const dialog = () => document.getElementById("dialog");
const rollback = () => document.getElementById("rollback");

const show = () => {
  if (dialog()?.childElementCount && !dialog().open) dialog().showModal();
};

document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target === dialog() || target.id === "rollback") show();
});

document.addEventListener("proved", () => dialog().close());

document.addEventListener("rolled-back", () => {
  typedIn.clear();
  dialog().replaceChildren();
  dialog().close();
});

// A rollback that is on its way cannot be called back: its dialog stays for the answer.
const isSending = () => Boolean(dialog()?.querySelector("#rollback.htmx-request"));

document.addEventListener("click", (event) => {
  if (!dialog()?.open || !event.target.closest("[data-close]")) return;
  event.preventDefault();
  if (!isSending()) dialog().close();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isSending()) event.preventDefault();
});

document.addEventListener("close", ({ target }) => {
  if (target !== dialog() || isSending()) return;
  remember();
  if (target.contains(told)) document.body.append(told);
  target.replaceChildren();
}, true);

document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target === rollback()) say(target, "sending");
});

document.addEventListener("htmx:afterRequest", ({ target }) => {
  if (target === rollback()) say(target, "said");
});

const say = (form, what) => {
  const words = form.querySelector("[data-sending]");
  words.dataset.said ??= words.textContent;
  words.textContent = words.dataset[what];
};

// What is so of the whole page is told beside what is on it, and in a dialog where one looks.
const told = document.getElementById("told");

document.addEventListener("htmx:afterSwap", ({ target, detail }) => {
  if (target !== told) return;
  show();
  if (dialog()?.open) dialog().prepend(told);
  if (!detail.requestConfig.elt.closest(ASKS)) told.firstElementChild.focus();
});

// A page that is left may come back as it was: without the values that it showed.
addEventListener("pagehide", () => {
  for (const value of document.querySelectorAll(".secret-shown")) value.textContent = "••••••••";
});

// What is typed for config vars, and not saved, is not left without a question.
let isSaved = false;

document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
  isSaved ||= Boolean(xhr.getResponseHeader("HX-Redirect"));
});

addEventListener("beforeunload", (event) => {
  const filled = document.querySelectorAll("#config :is(textarea, [name=new-name], :checked)");
  if (!isSaved && [...filled].some(({ value }) => value)) event.preventDefault();
});

// A menu closes as menus do: by Escape, and where one goes on elsewhere.
const menu = document.querySelector(".menu");
const leaveMenu = ({ target }) => { if (!menu?.contains(target)) menu?.removeAttribute("open"); };

document.addEventListener("focusin", leaveMenu);
document.addEventListener("pointerdown", leaveMenu);
menu?.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  menu.open = false;
  menu.firstElementChild.focus();
});

// Filters that are applied are seen to be; those left empty are no part of the address.
const filters = () => document.getElementById("filters");

document.addEventListener("submit", ({ target }) => {
  if (target === filters() && target.matches(":popover-open")) target.hidePopover();
});

document.addEventListener("htmx:configRequest", ({ target, detail: { formData } }) => {
  if (target !== filters()) return;
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});

// Filters that are applied twice are one step of the history.
document.addEventListener("htmx:beforeHistoryUpdate", ({ detail: { history } }) => {
  if (history.path === location.pathname + location.search) history.type = "replace";
});

// What is typed for a rollback stays typed: while the plan of another scope is on its way,
// and where the dialog is closed and opened again.
const typed = "[name=reason], [name=incident_url], [name=mark_bad]";
const typedIn = new Map();

const remember = () => {
  const fields = [...(rollback()?.querySelectorAll(typed) ?? [])];
  if (fields.length) typedIn.set(rollback().action, fields.map(({ id, value, checked }) => [id, { value, checked }]));
};

document.addEventListener("htmx:beforeSwap", ({ target }) => {
  if (target.id === "rollback" || target === dialog()) remember();
});

document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target !== dialog() && target.id !== "rollback") return;
  for (const [id, was] of typedIn.get(rollback()?.action) ?? []) Object.assign(document.getElementById(id) ?? {}, was);
});

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, ({ target }) => {
    // It asks again by itself.
    if (target.closest(ASKS)) return;
    const inDialog = document.querySelector("#rollback [data-no-answer]");
    (inDialog ?? document.getElementById("no-answer")).hidden = false;
    show();
    inDialog?.focus();
  });
}

// What is tried again has no answer yet, and may have one.
document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target.closest(ASKS)) return;
  for (const said of document.querySelectorAll("#no-answer, [data-no-answer]")) said.hidden = true;
});

document.addEventListener("htmx:afterOnLoad", ({ detail }) => {
  document.getElementById("no-answer").hidden = true;
  if (detail.target === told) return;
  told.replaceChildren();
  document.body.append(told);
});

// Which time zone a browser is in, only it knows.
const ownZone = document.querySelector("[data-own-zone]");

if (ownZone) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const zone = document.getElementById("zone");
  if ([...zone.options].some((option) => option.value === timeZone)) {
    const button = ownZone.firstElementChild;
    button.textContent = `Choose ${timeZone}, as on this device`;
    button.addEventListener("click", () => { zone.value = timeZone; });
    ownZone.hidden = false;
  }
}

// A page that nobody looks at does not ask what is new, nor one that was told it gets no answer.
const ASKS = "[hx-trigger^=every]";

document.addEventListener("htmx:beforeRequest", (event) => {
  if ((document.hidden || told.firstChild) && event.target.closest(ASKS)) event.preventDefault();
});

// What came by itself moves nothing that is looked at: the field that is typed in, else the part
// in the middle of the screen. A link keeps the focus; htmx sees to all that has an id.
const FIELD = "input, textarea";
let came = null;

const lookedAt = () => {
  if (document.activeElement.matches(FIELD)) return document.activeElement.closest("[id]");
  const isThere = (part) => part.getBoundingClientRect().bottom > innerHeight / 2;
  return [...document.querySelectorAll("main section[id]")].find(isThere);
};
const topOf = (id) => document.getElementById(id)?.getBoundingClientRect().top;
const stay = (id, top) => scrollBy(0, (topOf(id) ?? top) - top || 0);

document.addEventListener("htmx:beforeSwap", ({ target }) => {
  came = null;
  if (!target.matches(ASKS)) return;
  const focused = document.activeElement, id = lookedAt()?.id;
  const part = focused.closest("section[id]")?.id, href = focused.getAttribute("href");
  came = { focused, id, top: topOf(id), link: `#${part} a[href="${CSS.escape(href ?? "")}"]` };
});

document.addEventListener("htmx:afterSwap", () => {
  if (!came) return;
  const { focused, id, top, link } = came;
  came = null;
  stay(id, top);
  if (focused.isConnected || document.activeElement !== document.body) return;
  (document.querySelector(link) ?? document.getElementById("content")).focus({ preventScroll: true });
});

// Where somebody types, or has opened something, all stays as it is.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const part = event.detail.target;
  const isTyped = (field) => field === document.activeElement
    || field.type !== "hidden" && (field.value !== field.defaultValue || field.checked !== field.defaultChecked);
  if (came && (part.querySelector("details[open]") || [...part.querySelectorAll(FIELD)].some(isTyped))) {
    event.preventDefault();
  }
});

// A log that is followed for hours keeps its newest lines.
const LINES_KEPT = 2_000;

document.addEventListener("htmx:oobAfterSwap", ({ target }) => {
  while (target.id === "lines" && target.childElementCount > LINES_KEPT) target.firstElementChild.remove();
});

// Times age while a page stays open: by the clock and in the zone of the server, whatever this
// device has, and in its words (dashboard/times.py).
const { now: madeAt, zone } = document.documentElement.dataset;
const ahead = Date.now() - madeAt * 1_000;
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR, DAYS_COUNTED = 31;
const AGO = /just now|\d+ (minute|hour|day)s? ago|yesterday/;
const counted = (number, unit) => `${number} ${unit}${number === 1 ? "" : "s"} ago`;

const agoWords = (when, now) => {
  const passed = now - when;
  if (passed < MINUTE) return "just now";
  if (passed < HOUR) return counted(Math.floor(passed / MINUTE), "minute");
  if (passed < DAY) return counted(Math.floor(passed / HOUR), "hour");
  const day = (time) => Date.parse(new Date(time).toLocaleDateString("sv", { timeZone: zone }));
  const days = (day(now) - day(when)) / DAY;
  if (days === 1) return "yesterday";
  if (days < DAYS_COUNTED) return `${days} days ago`;
  const date = { timeZone: zone, day: "numeric", month: "long", year: "numeric" };
  return `on ${new Date(when).toLocaleDateString("en-GB", date)}`;
};

const age = () => {
  const id = lookedAt()?.id, top = topOf(id);
  for (const time of document.querySelectorAll("time")) {
    const text = time.firstChild;
    if (!AGO.test(text?.data)) continue;
    const words = text.data.replace(AGO, agoWords(Date.parse(time.dateTime), Date.now() - ahead));
    if (words !== text.data) text.data = words;
  }
  stay(id, top);
};

setInterval(age, 10_000);
document.addEventListener("visibilitychange", age);
