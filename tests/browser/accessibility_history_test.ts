import assert from "node:assert/strict";
import { users } from "../../db/schema.ts";
import { writeCursor } from "../../http/history_query.ts";
import { paths, withQuery } from "../../http/paths.ts";
import { CELL, DAY, START } from "../app.ts";
import { assertAccessible, shoot, STILL } from "./accessibility.ts";
import { inBrowser, openDialog, PARIS, SANTIAGO, signIn, texts } from "./chromium.ts";
import { addClosed, addEveryState, addMoved, addOpen, addUnusual } from "./history.ts";
import { openElsewhere, poll } from "./polling.ts";

inBrowser("the history of a single connection, and the empty page before it, are accessible", async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByText("Nobody else has signed in to your account.").waitFor();
  await assertAccessible(here, "history-first");

  const before = writeCursor({ openedAt: START - DAY, id: crypto.randomUUID() });
  await here.goto(withQuery(paths.connections, { before }));
  await here.getByRole("heading", { name: "Nothing older" }).waitFor();
  await assertAccessible(here, "history-beginning");
});

inBrowser("the history with every state is accessible", async (site) => {
  await addEveryState(site.db);
  await addClosed(site.db, 30);
  const here = await site.visit(STILL);
  await signIn(here);

  await assertAccessible(here, "history");
});

inBrowser("the history with unreviewed connections, and banners that ask for answers, is accessible", async (site) => {
  await addUnusual(site.db);
  await addMoved(site.db);
  await site.db.update(users).set({ disownedAt: START });
  const here = await site.visit(STILL);
  await signIn(here);
  assert.deepEqual(await texts(here.locator(".banner a")), ["Change password", "Review"]);
  assert.equal(await here.locator("tr.unreviewed").count(), 3);

  await assertAccessible(here, "history-unusual");
});

inBrowser("the history with a notification and the menu open is accessible", async (site) => {
  await addOpen(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByRole("button", { name: "Close open connections" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  await here.getByText("1 open connection was closed").waitFor();
  await here.getByText("User management").click();
  await here.getByRole("link", { name: "User and security" }).waitFor();

  await assertAccessible(here, "history-closed");
});

inBrowser("the history without results is accessible", async (site) => {
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(`${paths.connections}?state=refused&ip=300.1`);
  await here.getByRole("heading", { name: "No results" }).waitFor();

  await assertAccessible(here, "history-empty");
});

inBrowser("the history with wrong filters is accessible", async (site) => {
  await addEveryState(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(`${paths.connections}?ip=abc&from=2026-11-25&to=2026-11-20&country=ZZ`);
  await here.getByText('The day in "From"').first().waitFor();

  await assertAccessible(here, "history-wrong-filters");
});

inBrowser("the history with every filter and a chart of thirty days is accessible", async (site) => {
  await addEveryState(site.db);
  await addClosed(site.db, 30 * 24);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(`${paths.connections}?state=closed&country=FR&from=2026-10-25&to=2026-11-23&ip=193.51`);
  await here.getByRole("link", { name: "Remove the filter Country: France" }).waitFor();
  assert.equal(await here.locator("#chart .chart-row a").count(), 30);

  await assertAccessible(here, "history-filtered");
});

inBrowser("a page of older connections that says the history has changed is accessible", async (site) => {
  await addClosed(site.db, 60);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(await here.getByRole("link", { name: "Older connections" }).getAttribute("href") ?? "");
  await here.getByRole("row", { name: PARIS }).first().waitFor();
  await openElsewhere(site, { ip: SANTIAGO });
  assert.equal(await poll(here), 200);
  await here.getByRole("link", { name: "Show the newest connections" }).waitFor();

  await assertAccessible(here, "history-older");
});

// WCAG 1.4.1
inBrowser("nothing in the history depends on colour alone", async (site) => {
  await addEveryState(site.db);
  await addUnusual(site.db);
  const here = await site.visit(STILL);
  await signIn(here);

  const states = await here.locator(CELL.badge).evaluateAll((all) =>
    all.map((state) => {
      const { borderRadius, rotate, backgroundColor } = getComputedStyle(state, "::before");
      const isHollow = backgroundColor === "rgba(0, 0, 0, 0)";
      return `${state.textContent}: ${isHollow ? "hollow" : "filled"}, ${borderRadius} round, ${rotate} turned`;
    })
  );
  const marks = await here.locator("tr.unreviewed").evaluateAll((rows) =>
    rows.map((row) => `${getComputedStyle(row).boxShadow !== "none"}, ${row.querySelector(".why") !== null}`)
  );
  assert.deepEqual(new Set(marks), new Set(["true, true"]));
  assert.deepEqual([...new Set(states)].sort(), [
    "Closed: hollow, 50% round, none turned",
    "Open: filled, 50% round, none turned",
    "Refused: filled, 0px round, 45deg turned",
  ]);
  const strokes = await here.locator("#chart path[class^=series-]").evaluateAll((all) =>
    all.map((path) => {
      const { strokeDasharray, strokeLinecap } = getComputedStyle(path);
      return `${path.getAttribute("class")}: ${strokeDasharray}, ${strokeLinecap}`;
    })
  );
  assert.deepEqual(strokes, [
    "series-opened: none, butt",
    "series-refused: 2px, 2px, butt",
    "series-unusual: none, round",
  ]);
  const links = await here.locator("main :is(p, small, td) a").evaluateAll((all) =>
    all.map((link) => getComputedStyle(link).textDecorationLine)
  );
  assert.deepEqual([...new Set(links)], ["underline"]);
  const sections = await here.locator(".sections a").evaluateAll((all) =>
    all.map((link) => getComputedStyle(link).fontWeight)
  );
  assert.deepEqual(sections, ["600", "400", "400", "400"]);

  const devtools = await here.context().newCDPSession(here);
  await devtools.send("Emulation.setEmulatedVisionDeficiency", { type: "achromatopsia" });
  await shoot(here, "history-without-colours");
});
