import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { connections } from "../db/schema.ts";
import { writeCursor } from "../http/history_query.ts";
import { paths, withQuery } from "../http/paths.ts";
import { HTMX, MINUTE, type Reply, signedIn, START } from "./app.ts";

Deno.test("every page has its own title", async () => {
  const { here, browser, db } = await signedIn();
  await browser("203.0.113.1").signIn();
  const signIn = await browser().get(paths.signIn);
  const [row] = await db.select().from(connections).where(eq(connections.ip, "203.0.113.1"));
  const title = async (path: string) => titleOf(await here.get(path));

  assert.equal(titleOf(signIn), "Sign in · Control panel");
  assert.equal(await title(paths.connections), "Connection history · Control panel");
  assert.equal(await title(paths.closeAll), "Close open connections · Control panel");
  assert.equal(await title(paths.closeOne(row!.id)), "Close the connection from Firefox on Linux · Control panel");
  assert.equal(await title(paths.review(row!.id)), "Was this you? Firefox on Linux · Control panel");
  assert.equal(await title(paths.password), "Password · Control panel");
  assert.equal(await title(paths.preferences), "Preferences · Control panel");
  assert.equal(await title(paths.signOut), "Sign out? · Control panel");
  assert.equal(await title("/nowhere"), "Page not found · Control panel");
});

Deno.test("the title of a filtered history begins with the filters, also after htmx filtered it", async () => {
  const { here } = await signedIn();
  const path = `${paths.connections}?state=refused&country=FR&ip=46.16&from=2026-11-01&to=2026-11-30`;

  const page = await here.get(path);
  const fragment = await here.get(path, HTMX);
  const older = await here.get(
    withQuery(paths.connections, { before: writeCursor({ openedAt: START, id: crypto.randomUUID() }) }),
  );

  const title = "Refused, France, 46.16, from 1 Nov 2026, to 30 Nov 2026 · Connection history · Control panel";
  assert.equal(titleOf(page), title);
  assert.equal(titleOf(fragment), title);
  assert.equal(titleOf(older), "Older · Connection history · Control panel");
});

Deno.test("every field tells browsers how to autocomplete it", async () => {
  const { here, browser, clock } = await signedIn();
  await browser("203.0.113.1").signIn();
  const pages = [await browser().get(paths.signIn)];
  clock.now += 6 * MINUTE;
  for (const path of [`${paths.connections}?state=open`, paths.closeAll, paths.password, paths.preferences]) {
    pages.push(await here.get(path));
  }

  const fields = pages.flatMap(({ $ }) =>
    $("main :is(input, select):not([type=hidden])").toArray().map((field) => [
      $(field).attr("name"),
      $(field).attr("autocomplete") ?? $(field).closest("form").attr("autocomplete"),
    ])
  );
  assert.deepEqual(fields, [
    ["email", "username"],
    ["password", "current-password"],
    ["state", "off"],
    ["country", "off"],
    ["from", "off"],
    ["to", "off"],
    ["ip", "off"],
    [undefined, "off"],
    ["username", "username"],
    ["password", "current-password"],
    ["username", "username"],
    ["current_password", "current-password"],
    ["new_password", "new-password"],
    ["new_password_again", "new-password"],
    ["time_zone", "off"],
    ["language", "off"],
    ["theme", "off"],
  ]);
});

/** The title of a page or fragment, not of an icon in it. */
function titleOf({ $ }: Reply): string {
  return $("title").first().text();
}
