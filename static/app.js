// What HTML and htmx can't do alone; every page works without it.
const dialog = document.getElementById("dialog");

// The browser's time zone goes with the sign-in, so that the history speaks the owner's time.
for (const field of document.querySelectorAll("input[name=time_zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}

// htmx fills the dialog; it opens when there is something in it.
document.addEventListener("htmx:after:swap", () => {
  if (dialog.childElementCount > 0 && !dialog.open) dialog.showModal();
});

// Esc, "Cancel" and success all end here: what was asked is gone, and focus is back where it came from.
dialog.addEventListener("close", () => {
  dialog.replaceChildren();
  if (document.activeElement === document.body) document.getElementById("title")?.focus();
});
dialog.addEventListener("click", (event) => {
  if (!event.target.closest("[data-dismiss]") && event.target !== dialog) return;
  event.preventDefault();
  dialog.close();
});
document.addEventListener("connections-closed", () => dialog.close());

// The menu closes like a menu.
for (const menu of document.querySelectorAll("details.menu")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
