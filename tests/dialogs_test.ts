import assert from "node:assert/strict";
import { eq, ne } from "drizzle-orm";
import { connections } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { HTMX, type Reply, signedIn, type TestApp } from "./app.ts";

Deno.test("the dialog is named by its content's title, and described by what it is about", async () => {
  const { here } = await signedIn();

  const dialog = (await here.get(paths.connections)).$("dialog");

  assert.equal(dialog.attr("aria-labelledby"), "dialog-title");
  assert.equal(dialog.attr("aria-describedby"), "dialog-text");
});

Deno.test("closing all is described by what it means, and closing one also by which one", async () => {
  const { here, browser, db } = await signedIn();
  const { id } = await openElsewhere(browser, db);

  const all = await here.get(paths.closeAll, HTMX);
  const one = await here.get(paths.closeOne(id), HTMX);

  assert.equal(
    descriptionOf(all),
    "This can't be undone. It will have to sign in again with your password. This browser stays signed in.",
  );
  assert.match(
    descriptionOf(one),
    /^Firefox on Linux.*Spain, 46\.16\.60\.2 ?Since 23 Nov 2026, 14:04 \(UTC\) ?This can't/,
  );
  assert.match(descriptionOf(one), /This browser stays signed in\.$/);
});

Deno.test("a review is described by the connection and why it is unusual, details by its state", async () => {
  const { here, browser, db } = await signedIn();
  const { id } = await openElsewhere(browser, db);
  await db.update(connections).set({ unusual: "new_country" }).where(eq(connections.id, id));

  const review = await here.get(paths.review(id), HTMX);
  const details = await here.get(paths.details(id), HTMX);

  assert.match(
    descriptionOf(review),
    /^Firefox on Linux.*Spain, 46\.16\.60\.2.*first connection to your account from/,
  );
  assert.equal(descriptionOf(details), "StateOpen");
});

Deno.test("a dialog with nothing to do is described by the reason", async () => {
  const { here, browser, db } = await signedIn();
  const [own] = await db.select().from(connections);
  const alone = await here.get(paths.closeAll, HTMX);
  const { id } = await openElsewhere(browser, db);
  await here.submit(paths.closeOne(id));

  const current = await here.get(paths.closeOne(own!.id), HTMX);
  const closed = await here.get(paths.closeOne(id), HTMX);
  const usual = await here.get(paths.review(id), HTMX);

  assert.equal(descriptionOf(alone), "This connection is the only open one, so there is nothing to close.");
  assert.equal(descriptionOf(current), "To end it, sign out.");
  assert.match(descriptionOf(closed), /It ended on 23 Nov 2026, 14:04 \(UTC\)\. There is nothing left to close\.$/);
  assert.match(descriptionOf(usual), /^Firefox on Linux.*Spain, 46\.16\.60\.2/);
});

Deno.test("every id that a dialog's content or its page refers to is there once", async () => {
  const { here, browser, db } = await signedIn();
  const [own] = await db.select().from(connections);
  const { id } = await openElsewhere(browser, db);
  await db.update(connections).set({ unusual: "new_country" }).where(eq(connections.id, id));
  const urls = [paths.closeAll, paths.closeOne(id), paths.closeOne(own!.id), paths.review(id), paths.review(own!.id)];

  for (const url of [...urls, paths.details(id)]) {
    const [fragment, page] = [await here.get(url, HTMX), await here.get(url)];
    assert.deepEqual(missingIn(fragment), [], `the dialog's ${url}`);
    assert.equal(fragment.$("#dialog-title").length, 1, url);
    assert.deepEqual(missingIn(page), [], url);
    assert.equal(page.$("#dialog-text").length, 1, url);
  }
});

/** Another open connection of the account. */
async function openElsewhere(browser: TestApp["browser"], db: TestApp["db"]) {
  const [own] = await db.select().from(connections);
  await browser("46.16.60.2").signIn();
  const [other] = await db.select().from(connections).where(ne(connections.id, own!.id));
  return other!;
}

/** The text of the dialog's description; `tree_test.ts` has what a browser makes of it. */
function descriptionOf({ $ }: Reply): string {
  return $("#dialog-text").text().replace(/\s+/g, " ").trim();
}

/** The ids in ARIA attributes of which there isn't exactly one element. */
function missingIn({ $ }: Reply): string[] {
  const names = ["aria-describedby", "aria-labelledby", "aria-controls"];
  const ids = names.flatMap((name) =>
    $(`[${name}]`).toArray().flatMap((element) => $(element).attr(name)?.split(" ") ?? [])
  );
  return ids.filter((id) => $(`[id="${id}"]`).length !== 1);
}
