// Asks the browser for a passkey wherever a page has options for it. Without this script the other ways of signing in work.

const { browserSupportsWebAuthn, browserSupportsWebAuthnAutofill, startAuthentication, startRegistration } =
  globalThis.SimpleWebAuthnBrowser;

/** A page's challenge can be answered for five minutes. In milliseconds. */
const FRESH_FOR = 4 * 60_000;

/** When each element with options was first seen, in milliseconds since the epoch. */
const seenAt = new WeakMap();
/** Whether the browser is asking for a passkey now, other than in a field's own list. */
let isAsking = false;

const readOptions = (area) => JSON.parse(area.dataset.passkey);
const statusOf = (area) => area.querySelector("[role=status]");

function showAll() {
  for (const area of document.querySelectorAll("[data-passkey]")) {
    if (seenAt.has(area)) continue;
    seenAt.set(area, Date.now());
    const { rpId, rp } = readOptions(area);
    const isPossible = browserSupportsWebAuthn() && (rpId ?? rp.id) === location.hostname;
    if (isPossible) area.hidden = false;
    else if ("creates" in area.dataset) statusOf(area).textContent = statusOf(area).dataset.unsupported;
    if (isPossible && "autofill" in area.dataset) offerInField(area);
  }
}

/** The options of a page that was open for long are read again: their challenge would be too late. */
async function freshOptions(area) {
  if (Date.now() - seenAt.get(area) > FRESH_FOR) {
    const answer = await fetch(area.closest("form").getAttribute("action"));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    area.dataset.passkey = page.getElementById(area.id)?.dataset.passkey ?? area.dataset.passkey;
    seenAt.set(area, Date.now());
  }
  return readOptions(area);
}

/** Lists passkeys where the email address is typed, as long as the page is open. */
async function offerInField(area) {
  if (!await browserSupportsWebAuthnAutofill() || isAsking || !area.isConnected) return;
  const again = setTimeout(offerInField, FRESH_FOR, area);
  try {
    const optionsJSON = await freshOptions(area);
    sendWith(area, "passkey", await startAuthentication({ optionsJSON, useBrowserAutofill: true }));
  } catch {
    // Another request took its place, or the browser has no such list.
    if (isAsking) clearTimeout(again);
  }
}

async function ask({ target }) {
  const area = target.closest("[data-passkey]");
  if (!area || isAsking || !target.closest("button[type=button]")) return;
  const form = area.closest("form");
  const other = form.elements[area.dataset.instead];
  if (other) other.required = false;
  if (!form.reportValidity()) {
    if (other) other.required = true;
    return;
  }
  const passkey = await tryTo(area, async () => startAuthentication({ optionsJSON: await freshOptions(area) }));
  if (passkey) sendWith(area, "passkey", passkey);
  else if (other) other.required = true;
  if ("autofill" in area.dataset && !passkey) offerInField(area);
}

/** A form that adds a passkey waits for it, unless it was made before a mistyped password. */
async function create(event) {
  const form = event.target;
  const area = form.querySelector("[data-creates]");
  if (!area || form.elements.credential.value !== "") return;
  event.preventDefault();
  if (isAsking) return;
  const passkey = await tryTo(area, async () => startRegistration({ optionsJSON: await freshOptions(area) }));
  if (passkey) sendWith(area, "credential", passkey);
}

async function tryTo(area, ceremony) {
  const status = statusOf(area);
  status.textContent = "";
  isAsking = true;
  try {
    return await ceremony();
  } catch ({ name }) {
    status.textContent = name === "InvalidStateError" ? status.dataset.known : status.dataset.failed;
    return null;
  } finally {
    isAsking = false;
  }
}

/** Sends the form, unless its reader has to choose between two buttons first. */
function sendWith(area, field, passkey) {
  const form = area.closest("form");
  form.elements[field].value = JSON.stringify(passkey);
  const choices = form.querySelectorAll("button[type=submit][name]");
  if (choices.length === 0) return form.requestSubmit();
  statusOf(area).textContent = statusOf(area).dataset.done;
  choices[0].focus();
}

document.addEventListener("click", ask);
document.addEventListener("submit", create);
document.addEventListener("htmx:after:swap", showAll);
showAll();
