// Back brings another body.
const on = (names, run) => names.split(" ").map((name) => document.addEventListener(name, run, true));
const find = (what) => document.querySelector(what);

find("[data-zone]")?.setAttribute("value", Intl.DateTimeFormat().resolvedOptions().timeZone);

// htmx fills the dialog; then it opens.
let row;
on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!ctx.target?.matches("dialog:not(:empty, [open])")) return;
  ctx.target.showModal();
  row = ctx.sourceElement.closest("tr");
});
// Focus goes back, to the link, row or title.
on("close", ({ target }) => {
  target.replaceChildren();
  if (find(":focus")) return;
  if (!row?.isConnected) row = find("#title");
  row.tabIndex = -1;
  row.focus();
});
on("connections-closed", () => find("dialog").close());
on("click", (event) => {
  // A new tab: not htmx's.
  if (event.ctrlKey || event.metaKey || event.shiftKey) return event.stopPropagation();
  if (!event.target.matches("dialog, dialog [data-dismiss]")) return;
  event.preventDefault();
  find("dialog").close();
});

on("click focusin keydown", ({ key, target }) => {
  const menu = find(".menu[open]");
  if (!menu || (key ? key !== "Escape" : menu.contains(target))) return;
  if (key) menu.firstChild.focus();
  menu.open = false;
});

// The poll gives way, and rests unseen or in trouble.
let rest = 0;
on("htmx:before:request", (event) => {
  if (event.target.id !== "live") find("#live")?.dispatchEvent(new Event("htmx:abort"));
  else if (document.hidden || Date.now() < rest || find(".htmx-request:not(#live)")) event.preventDefault();
});
on("htmx:error htmx:response:error", ({ target: { id, dataset }, detail: { ctx } }) => {
  if (id === "live") rest = Date.now() + 30_000;
  else if (dataset?.lost && !(ctx?.response?.status < 500)) find("#dialog-problem").replaceChildren(dataset.lost);
});

// A page from memory may be of somebody who left.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  document.body.replaceChildren();
  location.reload();
});
