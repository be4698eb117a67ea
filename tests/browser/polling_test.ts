import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { CELL } from "../app.ts";
import { inBrowser, openFilters, SANTIAGO, signIn, texts } from "./chromium.ts";
import { addClosed } from "./history.ts";
import { openElsewhere, poll, recordPolls, setVisibility, startPoll } from "./polling.ts";

inBrowser("a hidden tab doesn't poll, and polls at once when it is shown again", async (site) => {
  const here = await site.visit();
  await signIn(here);
  const polls = recordPolls(here);

  await setVisibility(here, "hidden");
  assert.equal(await poll(here), undefined);
  assert.equal(polls.length, 0);

  await openElsewhere(site, { ip: SANTIAGO });
  await setVisibility(here, "visible");

  await here.getByRole("row", { name: SANTIAGO }).waitFor();
  assert.equal(polls.length, 1);
});

inBrowser("filtering aborts a poll under way, whose response changes nothing", async (site) => {
  await addClosed(site.db, 10);
  const here = await site.visit();
  await signIn(here);
  await openFilters(here);
  const response = Promise.withResolvers<void>();
  await here.route(`**${paths.live}*`, async (route) => {
    await response.promise;
    await route.continue().catch(() => {});
  });
  const [request] = await Promise.all([here.waitForRequest(`**${paths.live}*`), startPoll(here)]);
  const aborted = here.waitForEvent("requestfailed", (failed) => failed === request);

  await here.getByLabel("State").selectOption("Open");
  await here.getByRole("button", { name: "Filter" }).click();

  await aborted;
  await here.waitForURL(/state=open/);
  response.resolve();
  await here.getByRole("link", { name: "Show all" }).waitFor();
  assert.deepEqual(await texts(here.locator(`tbody ${CELL.badge}`)), ["Open"]);
  assert.equal(await poll(here), 304);
});

inBrowser("while a response is late the page sends no further poll", async (site) => {
  const here = await site.visit();
  await signIn(here);
  const polls = recordPolls(here);
  const response = Promise.withResolvers<void>();
  await here.route(`**${paths.live}*`, async (route) => {
    await response.promise;
    await route.continue();
  });
  await openElsewhere(site, { ip: SANTIAGO });
  await startPoll(here);
  await startPoll(here);
  response.resolve();
  await here.getByRole("row", { name: SANTIAGO }).waitFor();

  assert.equal(await poll(here), 304);
  assert.equal(polls.length, 2);
});

inBrowser("without a network the page shows no error, rests and polls again", async (site) => {
  const here = await site.visit();
  await here.clock.install();
  await signIn(here);
  const polls = recordPolls(here);
  await here.route(`**${paths.live}*`, (route) => route.abort("internetdisconnected"));

  assert.equal(await poll(here), undefined);
  assert.equal(polls.length, 1);
  await here.unroute(`**${paths.live}*`);
  assert.equal(await poll(here), undefined, "it rests");
  assert.equal(polls.length, 1);

  await here.clock.fastForward(30_000);
  await openElsewhere(site, { ip: SANTIAGO });
  assert.equal(await poll(here), 200);

  await here.getByRole("row", { name: SANTIAGO }).waitFor();
  assert.equal(await here.locator("#notifications").innerText(), "");
  assert.deepEqual(
    site.takeErrors().filter((error) => !error.startsWith("htmx: htmx:error: Failed to fetch")),
    [],
  );
});

inBrowser(
  "after a server error the page only says that it is out of date, and rests before it polls again",
  async (site) => {
    const here = await site.visit();
    await here.clock.install();
    await signIn(here);
    const polls = recordPolls(here);
    const history = await here.locator("#history").innerHTML();
    const status = await here.locator("#status").innerHTML();
    await here.route(`**${paths.live}*`, (route) => route.fulfill({ status: 503, body: "<p>Bad gateway</p>" }));

    assert.equal(await poll(here), 503);
    assert.equal(await poll(here), undefined);

    assert.equal(polls.length, 1);
    await here.locator("#status").getByText("This page hasn't been updated since").waitFor();
    assert.equal(await here.locator("#history").innerHTML(), history);
    assert.equal(await here.locator("#notifications").innerHTML(), "");
    await here.unroute(`**${paths.live}*`);
    await here.clock.fastForward(30_000);
    assert.equal(await poll(here), 304);
    assert.equal(await here.locator("#status").innerHTML(), status);
  },
);
