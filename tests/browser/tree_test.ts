import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { inChromium, openDialog, openSite, signIn } from "./chromium.ts";
import { addEveryState, addUnusual } from "./history.ts";

Deno.test("what a screen reader finds in the history is what is written down", inChromium, async () => {
  await using site = await openSite();
  await addEveryState(site.db);
  await addUnusual(site.db);
  const here = await site.visit();
  await signIn(here);

  await assertTree("history", await readTree(here));
  site.assertUntroubled();
});

Deno.test("what a screen reader finds in the dialog is what is written down", inChromium, async () => {
  await using site = await openSite();
  await addEveryState(site.db);
  const here = await site.visit();
  await signIn(here);
  await here.getByRole("link", { name: "Close open connections" }).click();
  await openDialog(here);

  await assertTree("dialog", await readTree(here));
  site.assertUntroubled();
});

Deno.test(
  "what a screen reader finds in the question about an unusual connection is what is written down",
  inChromium,
  async () => {
    await using site = await openSite();
    await addUnusual(site.db);
    const here = await site.visit();
    await signIn(here);
    await here.getByRole("link", { name: "Was this you?" }).click();
    await openDialog(here);

    await assertTree("question", await readTree(here));
    site.assertUntroubled();
  },
);

Deno.test("on a phone, where rows are shown as cards, a screen reader finds the same table", inChromium, async () => {
  await using site = await openSite();
  await addEveryState(site.db);
  await addUnusual(site.db);
  const here = await site.visit();
  await signIn(here);
  const wide = await readTree(here, "table");
  await here.setViewportSize({ width: 320, height: 900 });

  assert.match(wide, /^table "Connections to your account, newest first"\n(.*\n)*? {6}cell "Firefox on Linux"\n/);
  assert.equal(await readTree(here, "table"), wide);
  site.assertUntroubled();
});

/** Of what Chromium says about an element, what people are told. */
const TOLD = [
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
/** What only groups, and what is Chromium's own. */
const SILENT = ["generic", "none", "InlineTextBox", "LineBreak", "LabelText", "MenuListPopup", "ListMarker"];

/** Chromium's accessibility tree from the first element with that role: a line for each that says something not said above it. */
async function readTree(page: Page, from = "RootWebArea"): Promise<string> {
  const devtools = await page.context().newCDPSession(page);
  const { nodes } = await devtools.send("Accessibility.getFullAXTree");
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const lines: string[] = [];
  const add = (id: string, depth: number, above: string) => {
    const node = byId.get(id);
    if (!node) return;
    const role = String(node.role?.value);
    // A space that breaks no line is heard like another one.
    const name = String(node.name?.value ?? "").replace(/\s+/g, " ").trim();
    const isRepeated = role === "StaticText" && above.includes(name);
    const isTold = !node.ignored && !SILENT.includes(role) && !isRepeated;
    if (isTold) {
      const states = (node.properties ?? [])
        .filter(({ name, value }) => TOLD.includes(name) && ![false, "false", "off"].includes(value.value))
        .map(({ name, value }) => value.value === true ? name : `${name}=${value.value}`);
      const description = node.description?.value && `(${node.description.value})`;
      const said = role === "StaticText" ? [name] : [role, name && JSON.stringify(name), ...states, description];
      lines.push("  ".repeat(depth) + said.filter(Boolean).join(" "));
    }
    // The parts of a field for a date are the browser's.
    if (role === "Date") return;
    for (const child of node.childIds ?? []) add(child, isTold ? depth + 1 : depth, isTold ? name : above);
  };
  const root = nodes.find(({ role }) => role?.value === from);
  if (root) add(root.nodeId, 0, "");
  return lines.join("\n") + "\n";
}

/** Compares with `trees/NAME.txt`, or writes that anew where `RENEW_TREES=1`: its change is then read like one of the code. */
async function assertTree(name: string, tree: string): Promise<void> {
  const file = new URL(`trees/${name}.txt`, import.meta.url);
  if (Deno.env.get("RENEW_TREES") === "1") await Deno.writeTextFile(file, tree);
  assert.equal(
    tree,
    await Deno.readTextFile(file),
    `The accessibility tree is not that of tests/browser/trees/${name}.txt. If the change is wanted, renew it and read the ` +
      `difference: RENEW_TREES=1 deno test --allow-all tests/browser/tree_test.ts`,
  );
}
