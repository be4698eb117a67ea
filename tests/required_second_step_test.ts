import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Hono } from "hono";
import { createPasswords } from "../credentials/passwords.ts";
import { createSecrets } from "../credentials/secrets.ts";
import { openDatabase } from "../db/database.ts";
import type { Owner } from "../http/env.ts";
import { paths, withQuery } from "../http/paths.ts";
import { createArea } from "../routes/area.ts";
import { addAccount, Browser, CHEAP, EMAIL, HTMX, MINUTE, ORIGIN, PASSWORD, START } from "./app.ts";
import { addAuthenticator, startWithKey } from "./second_factor.ts";

/** What only the history shows. */
const HISTORY = /46\.16\.60\.|Firefox/;

// ASVS 6.3.3
Deno.test("a required second step that is missing hides the history from polls, filters and downloads too", async () => {
  const { here } = await startWithKey({ requiresSecondFactor: true });
  const csrf = (await here.get(paths.methods)).$("form[action='/sign-out'] [name=csrf]").attr("value")!;

  const answers = [
    await here.get(withQuery(paths.live, { version: "x" }), HTMX),
    await here.get(withQuery(paths.live, { version: "x", loaded: "yes" }), HTMX),
    await here.get(paths.live),
    await here.get(paths.connections, HTMX),
    await here.get(paths.csv),
    await here.post(paths.closeAll, { csrf }, HTMX),
  ];

  for (const { text, headers } of answers) {
    assert.doesNotMatch(text, HISTORY);
    assert.equal(headers.get("HX-Redirect") ?? headers.get("Location"), paths.methods);
  }
});

// ASVS 6.3.3
Deno.test("a form with an old csrf value shows nothing of the account while its required second step is missing", async () => {
  const { here, browser, clock } = await startWithKey({ requiresSecondFactor: true });
  clock.now += MINUTE;
  await browser("46.16.60.2").signIn();

  for (const path of [paths.closeAll, paths.password, paths.preferences]) {
    const { text, headers } = await here.post(path, { csrf: "old" });
    assert.doesNotMatch(text, HISTORY, path);
    assert.equal(headers.get("Location"), paths.methods, path);
  }
  assert.equal((await here.post(paths.authenticator, { csrf: "old" })).status, 403);
});

// ASVS 6.3.3
Deno.test("a panel's own pages are closed to an owner without the required second step, and lead to it", async () => {
  const { here, clock } = await startPanel();

  const home = await here.get("/home");
  assert.deepEqual([home.status, home.headers.get("Location")], [303, paths.methods]);
  assert.equal((await here.get("/home", HTMX)).headers.get("HX-Redirect"), paths.methods);
  assert.equal((await here.get("/for-everybody")).text, "nobody");

  await addAuthenticator(here, clock);
  assert.equal((await here.get("/home")).text, EMAIL);
  assert.equal((await here.get("/for-everybody")).text, EMAIL);
});

/** A panel that requires a second step, with its owner `here`. */
async function startPanel() {
  const clock = { now: START };
  const [db, secrets] = [await openDatabase(":memory:"), await createSecrets([randomBytes(32)])];
  await addAccount(db, EMAIL, PASSWORD);
  const { area, findOwner, requireOwner } = createArea({
    ...{ db, origin: new URL(ORIGIN), now: () => clock.now, log: () => {}, passwords: createPasswords(CHEAP) },
    secrets: () => Promise.resolve(secrets),
    requiresSecondFactor: true,
  });
  const panel = new Hono<{ Variables: { owner: Owner } }>();
  panel.get("/home", requireOwner, (c) => c.text(c.var.owner.email));
  panel.get("/for-everybody", async (c) => c.text((await findOwner(c))?.email ?? "nobody"));
  panel.use(area);
  const here = new Browser(panel, new Set());
  await here.signIn();
  return { here, clock };
}
