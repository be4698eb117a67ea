// What HTML and htmx can't do alone. Listeners are on the document, since Back brings another body.
const on = (names, listener) => names.split(" ").map((name) => document.addEventListener(name, listener, true));
const find = (selector) => document.querySelector(selector);
const dialog = () => find("dialog");

// Forms take the browser's zone.
const zone = find("[data-zone]");
if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;

// htmx fills the dialog; then it opens.
on("htmx:after:swap", ({ detail }) => {
  if (detail.ctx.target === dialog() && dialog().firstChild && !dialog().open) dialog().showModal();
});
// What was asked is gone then, and focus is where it came from.
on("close", () => {
  dialog().replaceChildren();
  if (!find(":focus")) find("#title")?.focus();
});
on("connections-closed", () => dialog().close());

// The menu closes like a menu, the dialog by a click beside it.
on("click", (event) => {
  if (!event.target.closest(".menu")) find(".menu[open]")?.removeAttribute("open");
  if (!dialog().open || event.target !== dialog() && !event.target.closest("[data-dismiss]")) return;
  event.preventDefault();
  dialog().close();
});
on("keydown", ({ key, target }) => {
  const menu = key === "Escape" && target.closest(".menu[open]");
  if (!menu) return;
  menu.firstChild.focus();
  menu.open = false;
});

// The poll gives way to what people ask, and rests while nobody looks and after trouble.
let rest = 0;
on("htmx:before:request", (event) => {
  if (event.target.id !== "live") find("#live")?.dispatchEvent(new Event("htmx:abort"));
  else if (document.hidden || Date.now() < rest || find(".htmx-request:not(#live)")) event.preventDefault();
});
on("htmx:error htmx:response:error", ({ target }) => {
  if (target.id === "live") rest = Date.now() + 30_000;
});

// What comes back from the browser's memory may be of somebody who left.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  document.body.replaceChildren();
  location.reload();
});
