// Listeners are on the document, since Back brings another body.
const on = (names, run) => names.split(" ").map((name) => document.addEventListener(name, run, true));
const find = (what) => document.querySelector(what);
const dialog = () => find("dialog");

// Forms take the browser's zone.
const zone = find("[data-zone]");
if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;

// htmx fills the dialog; then it opens.
let row;
on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.target !== dialog() || dialog().matches(":empty, [open]")) return;
  dialog().showModal();
  row = ctx.sourceElement.closest("tr");
});
// Focus goes back: to the link, its row, or the title.
on("close", () => {
  dialog().replaceChildren();
  if (find(":focus")) return;
  if (!row?.isConnected) row = find("#title");
  row.tabIndex = -1;
  row.focus();
});
on("connections-closed", () => dialog().close());

// The menu closes like a menu, both by a click beside them.
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

// The poll gives way to people, and rests unseen and after trouble.
let rest = 0;
on("htmx:before:request", (event) => {
  if (event.target.id !== "live") find("#live")?.dispatchEvent(new Event("htmx:abort"));
  else if (document.hidden || Date.now() < rest || find(".htmx-request:not(#live)")) event.preventDefault();
});
on("htmx:error htmx:response:error", ({ target }) => {
  if (target.id === "live") rest = Date.now() + 30_000;
});

// A page from memory may be of somebody who left.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  document.body.replaceChildren();
  location.reload();
});
