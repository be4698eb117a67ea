// What HTML and htmx can't do alone; every page works without it. All listeners are on the document, since Back brings a new
// body without running this again.

// The browser's time zone goes with the sign-in, and the preferences offer it.
for (const field of document.querySelectorAll("[data-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}

// htmx fills the dialog; it opens when there is something in it.
const dialog = () => document.getElementById("dialog");
document.addEventListener("htmx:after:swap", () => {
  if (dialog().childElementCount > 0 && !dialog().open) dialog().showModal();
});

// Esc, "Cancel", a click beside it and success all end here: what was asked is gone, and focus is back where it came from.
document.addEventListener("close", () => {
  dialog().replaceChildren();
  if (document.activeElement === document.body) document.getElementById("title")?.focus();
}, true);
document.addEventListener("connections-closed", () => dialog().close());
document.addEventListener("click", (event) => {
  if (!dialog().open) return;
  const { left, right, top, bottom } = dialog().getBoundingClientRect();
  const { clientX: x, clientY: y, target } = event;
  const isBeside = target === dialog() && (x < left || x > right || y < top || y > bottom);
  if (!isBeside && !target.closest("[data-dismiss]")) return;
  event.preventDefault();
  dialog().close();
});

// The menu closes like a menu.
const openMenu = () => document.querySelector("details.menu[open]");
document.addEventListener("click", (event) => {
  const menu = openMenu();
  if (menu && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = openMenu();
  if (event.key !== "Escape" || !menu?.contains(event.target)) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A page that comes back from the browser's memory may be of somebody who has left: ask the server again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.body.replaceChildren();
  location.reload();
});
