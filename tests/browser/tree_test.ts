import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { users } from "../../db/schema.ts";
import { START } from "../app.ts";
import { inBrowser, LAGOS, openDialog, signIn } from "./chromium.ts";
import { addEveryState, addMoved, addUnusual } from "./history.ts";

inBrowser("the accessibility tree of the history, with both banners, is the recorded one", async (site) => {
  await addEveryState(site.db);
  await addUnusual(site.db);
  await addMoved(site.db);
  await site.db.update(users).set({ disownedAt: START });
  const here = await site.visit();
  await signIn(here);

  await assertTree("history", await readTree(here));
});

inBrowser("the accessibility tree of the dialog is the recorded one", async (site) => {
  await addEveryState(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("button", { name: "Close open connections" }).click();
  await openDialog(here);

  await assertTree("dialog", await readTree(here));
});

inBrowser(
  "the accessibility tree of a review is the recorded one",
  async (site) => {
    await addUnusual(site.db);
    const here = await site.visit();
    await signIn(here);
    await here.getByRole("button", { name: "Was this you? Safari" }).click();
    await openDialog(here);

    await assertTree("review", await readTree(here));
  },
);

inBrowser("the accessibility tree of a connection's details is the recorded one", async (site) => {
  await addMoved(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("row", { name: LAGOS }).getByRole("link", { name: "23 Nov" }).click();
  await openDialog(here);

  await assertTree("details", await readTree(here));
});

inBrowser("on a phone, where rows are cards, the accessibility tree has the same table", async (site) => {
  await addEveryState(site.db);
  await addUnusual(site.db);
  await addMoved(site.db);
  const here = await site.visit();
  await signIn(here);
  const wide = await readTree(here, "table");
  await here.setViewportSize({ width: 320, height: 900 });

  assert.match(wide, /^table "Connections to your account"\n(.*\n)*? {6}cell "Firefox on Linux"\n/);
  assert.equal(await readTree(here, "table"), wide);
});

/** The properties that screen readers announce. */
const ANNOUNCED = [
  "level",
  "live",
  "hasPopup",
  "expanded",
  "modal",
  "focused",
  "disabled",
  "readonly",
  "required",
  "invalid",
];
/** Roles without meaning of their own, and Chromium's internal ones. */
const SILENT = ["generic", "none", "InlineTextBox", "LineBreak", "LabelText", "MenuListPopup", "ListMarker"];

/** Chromium's accessibility tree from the first node with a role: a line for each node that adds something to the lines above it. */
async function readTree(page: Page, from = "RootWebArea"): Promise<string> {
  const devtools = await page.context().newCDPSession(page);
  const { nodes } = await devtools.send("Accessibility.getFullAXTree");
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const lines: string[] = [];
  const add = (id: string, depth: number, above: string) => {
    const node = byId.get(id);
    if (!node) return;
    const role = String(node.role?.value);
    // Non-breaking spaces sound like any other.
    const name = String(node.name?.value ?? "").replace(/\s+/g, " ").trim();
    const isRepeated = role === "StaticText" && above.includes(name);
    const hasLine = !node.ignored && !SILENT.includes(role) && !isRepeated;
    if (hasLine) {
      const states = (node.properties ?? [])
        .filter(({ name, value }) => ANNOUNCED.includes(name) && ![false, "false", "off"].includes(value.value))
        .map(({ name, value }) => value.value === true ? name : `${name}=${value.value}`);
      const description = node.description?.value && `(${node.description.value})`;
      const parts = role === "StaticText" ? [name] : [role, name && JSON.stringify(name), ...states, description];
      lines.push("  ".repeat(depth) + parts.filter(Boolean).join(" "));
    }
    // The parts of a date field are the browser's.
    if (role === "Date") return;
    for (const child of node.childIds ?? []) add(child, hasLine ? depth + 1 : depth, hasLine ? name : above);
  };
  const root = nodes.find(({ role }) => role?.value === from);
  if (root) add(root.nodeId, 0, "");
  return lines.join("\n") + "\n";
}

/** Compares a tree with `trees/NAME.txt`. `RENEW_TREES=1` writes the file first, for its changes to be reviewed like code. */
async function assertTree(name: string, tree: string): Promise<void> {
  const file = new URL(`trees/${name}.txt`, import.meta.url);
  if (Deno.env.get("RENEW_TREES") === "1") await Deno.writeTextFile(file, tree);
  assert.equal(
    tree,
    await Deno.readTextFile(file),
    `The accessibility tree differs from tests/browser/trees/${name}.txt. If that is intended, renew the file and read what ` +
      `changed: RENEW_TREES=1 deno test --allow-all tests/browser/tree_test.ts`,
  );
}
