// What htmx can't do by itself. Every listener is on the document and looks its elements up, because htmx's Back replaces the body.
// A panel may have dialogs and scripts of its own on the page: only the area's elements are touched.

const REST_AFTER_ERROR = 30_000;
const REVEAL = ".field-row > .reveal[data-other]";

/** The id of the row that holds the link that opened the dialog. */
let openersRow = "";
/** Whether focus was in the history before the last swap, and on a filter. */
let [wasInHistory, wasOnFilter] = [];
/** Until then, in milliseconds since the epoch, the page doesn't poll. */
let restsUntil = 0;

const dialog = () => document.querySelector("#dialog");
const poll = () => document.querySelector("#live");
const openMenu = () => document.querySelector(".menu[open]");

function fillZones() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  for (const field of document.querySelectorAll("[data-zone]")) {
    // The button that sets this zone lists the names of the one that is set.
    if (!field.dataset.zone.split(" ").includes(timeZone)) field.setAttribute("value", timeZone);
  }
}

// The dialog

function openDialog({ detail: { ctx } }) {
  if (!ctx.target?.matches("#dialog:not(:empty)")) return;
  if (!ctx.target.open) {
    openersRow = ctx.sourceElement.closest("tr")?.id ?? "";
    ctx.target.showModal();
  }
  // Browsers keep its scroll position.
  ctx.target.scrollTop = 0;
  ctx.target.querySelector(":focus")?.scrollIntoView({ block: "nearest" });
}

function closeDialog() {
  dialog()?.close();
}

function emptyDialog({ target }) {
  if (target !== dialog()) return;
  target.replaceChildren();
  returnFocus();
}

/** The browser returns it to the link that opened the dialog. Where that has gone, its row takes it, or the title. */
function returnFocus() {
  if (document.querySelector(":focus")) return;
  const place = document.getElementById(openersRow) ?? document.querySelector("#title");
  if (!place) return;
  place.tabIndex = -1;
  // The row of a closed connection is in the other group now: the page stays where the reader is.
  place.focus({ preventScroll: true });
}

function noteFocus() {
  wasInHistory = document.activeElement?.closest("#history") !== null;
  wasOnFilter = document.activeElement?.matches(".active-filters a, .empty a");
}

/** An update may take what has focus off the page. */
function keepFocus() {
  if (!wasInHistory || dialog()?.open) return;
  openersRow = "";
  if (wasOnFilter && !document.querySelector(":focus")) document.querySelector("#filters summary")?.focus();
  returnFocus();
}

function dismissDialog(event) {
  // The dialog's content fills it, so a click on the dialog itself is one on its backdrop.
  if (event.target !== dialog() && !event.target.closest("#dialog [data-dismiss]")) return;
  event.preventDefault();
  closeDialog();
}

// Passwords

function togglePassword({ target }) {
  const button = target.closest(REVEAL);
  if (button) swapPassword(button);
}

/** As text, a browser could remember it for the next person. */
function hidePasswords({ target }) {
  for (const button of target.querySelectorAll(REVEAL)) {
    if (fieldOf(button).type === "text") swapPassword(button);
  }
}

function swapPassword(button) {
  const field = fieldOf(button);
  field.type = field.type === "text" ? "password" : "text";
  [button.textContent, button.dataset.other] = [button.dataset.other, button.textContent];
}

function fieldOf(button) {
  return document.getElementById(button.getAttribute("aria-controls"));
}

// Notifications

/** When the network or a proxy fails, no answer from the server says so. A poll that fails makes the page out of date. */
function reportLostRequest({ target, detail: { ctx } }) {
  if (ctx?.response?.status < 500) return;
  if (target === poll()) return reportStale();
  const place = target.closest("#dialog")?.querySelector("#dialog-problem") ?? document.querySelector("#notifications");
  if (place) notify(place, "problem", document.querySelector("#notifications").dataset.lost);
}

function reportStale() {
  const status = document.querySelector("#status");
  if (!status || status.querySelector(".stale")) return;
  const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  const notification = notify(null, "info", poll().dataset.stale.replace("{time}", time));
  notification.classList.add("stale");
  status.append(notification);
}

function endStale({ target, detail: { ctx } }) {
  if (target === poll() && ctx.response.status < 400) document.querySelector("#status .stale")?.remove();
}

function notify(place, kind, text) {
  const notification = document.createElement("div");
  notification.className = `notification notification-${kind}`;
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  notification.append(paragraph);
  place?.replaceChildren(notification);
  return notification;
}

function dismissNotifications({ target }) {
  if (!target.closest(".dismiss")) return;
  document.querySelector("#notifications").replaceChildren();
  (document.querySelector("#title") ?? document.querySelector("#main")).focus();
}

// Links

function opensTab({ ctrlKey, metaKey, shiftKey }) {
  return ctrlKey || metaKey || shiftKey;
}

/** htmx would load such a link into the page. */
function leaveTabToBrowser(event) {
  if (opensTab(event) && event.target.closest("a[data-htmx-powered]")) event.stopPropagation();
}

// The user menu

function closeMenuOutside({ target }) {
  const menu = openMenu();
  if (menu && !menu.contains(target)) menu.open = false;
}

function closeMenuOnEscape({ key }) {
  const menu = key === "Escape" && openMenu();
  if (!menu) return;
  menu.querySelector("summary").focus();
  menu.open = false;
}

// The poll

/** Its answer would overwrite what the reader's own request brings. */
function yieldPoll({ target }) {
  if (target !== poll()) poll()?.dispatchEvent(new Event("htmx:abort"));
}

function pausePoll(event) {
  if (event.target !== poll()) return;
  const isReaderWaiting = document.querySelector(".htmx-request:not(#live)") !== null;
  const isPaused = document.querySelector("#pause")?.checked;
  if (document.hidden || isPaused || isReaderWaiting || Date.now() < restsUntil) event.preventDefault();
}

function restPoll({ target }) {
  if (target === poll()) restsUntil = Date.now() + REST_AFTER_ERROR;
}

// Leaving

/** A page from the back/forward cache may belong to someone who has signed out. */
function reloadRestored({ persisted }) {
  if (!persisted) return;
  // The emptied page keeps its height, so that the reload can restore the scroll.
  document.body.style.minHeight = `${document.body.scrollHeight}px`;
  document.body.replaceChildren();
  location.reload();
}

/** In the capture phase, because `close` doesn't bubble and a click has to be stopped before htmx handles it. */
function listen(event, ...listeners) {
  for (const listener of listeners) document.addEventListener(event, listener, true);
}

fillZones();
listen("htmx:before:swap", noteFocus);
listen("htmx:after:swap", openDialog, keepFocus);
listen("close", emptyDialog);
listen("connections-closed", closeDialog);
listen("click", leaveTabToBrowser, dismissDialog, togglePassword, dismissNotifications, closeMenuOutside);
listen("submit", hidePasswords);
listen("focusin", closeMenuOutside);
listen("keydown", closeMenuOnEscape);
listen("htmx:before:request", yieldPoll, pausePoll);
listen("htmx:before:response", endStale);
listen("htmx:error", restPoll, reportLostRequest);
listen("htmx:response:error", restPoll, reportLostRequest);
addEventListener("pageshow", reloadRestored);
