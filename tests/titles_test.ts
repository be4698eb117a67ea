import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { connections } from "../db/schema.ts";
import { writeCursor } from "../http/history_query.ts";
import { paths, withQuery } from "../http/paths.ts";
import { type Answer, HTMX, START, startApp } from "./app.ts";

Deno.test("each page has a title that tells its tab from the others", async () => {
  const { browser, db } = await startApp();
  const [here, other] = [browser(), browser("203.0.113.1")];
  const signIn = await here.get(paths.signIn);
  await other.signIn();
  await here.signIn();
  const [row] = await db.select().from(connections).where(eq(connections.ip, "203.0.113.1"));
  const title = async (path: string) => titleOf(await here.get(path));

  assert.equal(titleOf(signIn), "Sign in · Control panel");
  assert.equal(await title(paths.connections), "Connection history · Control panel");
  assert.equal(await title(paths.closeAll), "Close open connections · Control panel");
  assert.equal(await title(paths.closeOne(row!.id)), "Close the connection of Firefox on Linux · Control panel");
  assert.equal(await title(paths.answer(row!.id)), "Was this you? Firefox on Linux · Control panel");
  assert.equal(await title(paths.password), "Password · Control panel");
  assert.equal(await title(paths.preferences), "Preferences · Control panel");
  assert.equal(await title("/nowhere"), "Nothing is here · Control panel");
});

Deno.test("the title of a filtered history begins with what the filter says, also after htmx filtered it", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn();
  const path = `${paths.connections}?state=refused&country=FR&ip=46.16&from=2026-11-01&to=2026-11-30`;

  const page = await here.get(path);
  const piece = await here.get(path, HTMX);
  const older = await here.get(
    withQuery(paths.connections, { before: writeCursor({ openedAt: START, id: crypto.randomUUID() }) }),
  );

  const title = "Refused, France, 46.16, from 1 Nov 2026, to 30 Nov 2026 · Connection history · Control panel";
  assert.equal(titleOf(page), title);
  assert.equal(titleOf(piece), title);
  assert.equal(titleOf(older), "Older · Connection history · Control panel");
});

Deno.test("each field that people fill says how a browser may fill it", async () => {
  const { browser, clock } = await startApp();
  const [here, other] = [browser(), browser("203.0.113.1")];
  const pages = [await here.get(paths.signIn)];
  await other.signIn();
  await here.signIn();
  clock.now += 6 * 60_000;
  for (const path of [paths.connections, paths.closeAll, paths.password, paths.preferences]) {
    pages.push(await here.get(path));
  }

  const said = pages.flatMap(({ $ }) =>
    $("main :is(input, select):not([type=hidden])").toArray().map((field) => [
      $(field).attr("name"),
      $(field).attr("autocomplete") ?? $(field).closest("form").attr("autocomplete"),
    ])
  );
  assert.deepEqual(said, [
    ["email", "username"],
    ["password", "current-password"],
    ["state", "off"],
    ["country", "off"],
    ["from", "off"],
    ["to", "off"],
    ["ip", "off"],
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

/** The page's title, or the one that comes with a piece: an icon's own isn't meant. */
function titleOf({ $ }: Answer): string {
  return $("title").first().text();
}
