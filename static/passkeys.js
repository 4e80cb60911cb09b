/* What makes a passkey, or asks for one: the device does, and a form sends what it said. */
"use strict";

const known = window.PublicKeyCredential;
const WORDS = {
  InvalidStateError: "This device has a passkey of yours already.",
  NotAllowedError: "No passkey was given. Press the button to try again.",
};

async function optionsOf({ dataset: { options, optionsAt } }) {
  if (!optionsAt) return JSON.parse(document.getElementById(options).textContent);
  const answer = await fetch(optionsAt, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error();
  return (await answer.json()).request_options;
}

async function passkeyFor(form) {
  const { publicKey } = await optionsOf(form);
  const asked = form.dataset.passkey === "new"
    ? navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(publicKey) })
    : navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(publicKey) });
  return JSON.stringify(await asked);
}

// Before htmx hears of it: a form goes once it has what the device said.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-passkey]") || form.elements.credential.value) return;
  event.preventDefault();
  event.stopPropagation();
  const told = form.querySelector("[role=status]");
  told.textContent = "";
  try {
    if (!known?.parseRequestOptionsFromJSON) throw new Error("This browser is too old for passkeys.");
    form.elements.credential.value = await passkeyFor(form);
    form.requestSubmit();
  } catch (error) {
    told.textContent = WORDS[error.name] ?? (error.message || "No answer came. Press the button to try again.");
  }
}, true);
