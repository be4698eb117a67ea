import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { connections } from "../db/schema.ts";
import { PAGE_HEADER, paths } from "../http/paths.ts";
import { addAccount, HTMX, MINUTE, ORIGIN, PASSWORD, type Reply, startApp } from "./app.ts";
import { connectionFrom, countryOf, csrfOf, MADRID, PARIS } from "./elsewhere.ts";

const JOAN = "joan@example.com";

// Security: whose page
Deno.test("the page says which connection it belongs to, and its own requests are answered as ever", async () => {
  const { tab, header, poll, filter } = await startTwoTabs();
  const { $ } = await tab.get(paths.connections);

  assert.equal($("body").attr("hx-headers:inherited"), `${PAGE_HEADER}:${header[PAGE_HEADER]}`);
  assert.equal((await poll()).status, 200);
  assert.equal((await filter()).status, 200);
});

// Security: whose page
Deno.test("after signing in as somebody else in another tab, the page's poll, filter and dialogs reload it", async () => {
  const { switchToJoan, poll, filter, tab, header, id } = await startTwoTabs();
  await switchToJoan();

  const answers = [
    await poll(),
    await filter(),
    await tab.get(paths.closeAll, header),
    await tab.get(paths.details(id), header),
    await tab.get(paths.review(id), header),
  ];

  for (const answer of answers) assertReloads(answer);
});

// Security: whose page
Deno.test("a form of the former page closes and reviews nothing of the other account", async () => {
  const { switchToJoan, tab, header, db, id, joans } = await startTwoTabs();
  await switchToJoan();
  // Even with the right value for the new session.
  const csrf = await csrfOf(tab);

  assertReloads(await tab.post(paths.closeAll, { csrf }, header));
  assertReloads(await tab.post(paths.closeOne(joans), { csrf }, header));
  assertReloads(await tab.post(paths.review(id), { csrf, verdict: "not_me" }, header));
  assertReloads(await tab.post(paths.password, { csrf }, header));

  assert.equal(await db.$count(connections, eq(connections.endReason, "closed")), 0);
  assert.equal((await tab.post(paths.closeAll, { csrf }, HTMX)).status, 200, "without the header it is answered");
  assert.equal(await db.$count(connections, eq(connections.endReason, "closed")), 1);
});

// Security: whose page
Deno.test("signing in again as the same person reloads the page too, and signing out redirects to sign-in", async () => {
  const { tab, poll } = await startTwoTabs();
  await tab.signOut();
  const signedOut = await poll();
  await tab.signIn();

  assert.equal(signedOut.status, 401);
  assert.match(signedOut.headers.get("HX-Redirect") ?? "", /^\/sign-in/);
  assertReloads(await poll());
});

// Security: whose page
Deno.test("a secret that was renewed keeps the connection, and so the page", async () => {
  const { tab, poll, filter, clock } = await startTwoTabs();
  clock.now += 6 * MINUTE;

  await tab.submit(paths.closeAll, { password: PASSWORD });

  assert.equal((await poll()).status, 200);
  assert.equal((await filter()).status, 200);
});

/** Two tabs share a browser's cookies: `tab` shows marta's history. */
async function startTwoTabs() {
  const site = await startApp({ countryOf });
  const { browser, db } = site;
  await addAccount(db, JOAN, PASSWORD);
  const tab = browser();
  await tab.signIn();
  const mine = await connectionFrom(db, MADRID);
  await browser("46.16.60.2").signIn(JOAN);
  const { id: joans } = await connectionFrom(db, "46.16.60.2");
  const away = browser(PARIS);
  await away.signIn();
  const { id } = await connectionFrom(db, PARIS);
  const header = { ...HTMX, [PAGE_HEADER]: mine.id, "HX-Current-URL": `${ORIGIN}${paths.connections}` };
  return {
    ...site,
    tab,
    id,
    joans,
    header,
    poll: () => tab.get(`${paths.live}?version=x`, header),
    filter: () => tab.get(`${paths.connections}?state=open`, header),
    switchToJoan: async () => {
      await tab.signOut();
      await tab.signIn(JOAN, PASSWORD);
    },
  };
}

function assertReloads({ status, headers, text }: Reply): void {
  assert.deepEqual([status, headers.get("HX-Refresh"), text], [204, "true", ""]);
}
