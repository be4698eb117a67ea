import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import type { Db } from "../db/database.ts";
import { listHistory } from "../db/history/rows.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { type Browser, CELL, DAY, EMAIL, HOUR, PASSWORD, startApp } from "./app.ts";

/** The password after the main flow. */
export const NEW = "a much better password than before";

/**
 * Goes through the main flow with three browsers of one account at a real server, which has its own clock: signing in, the history, closing
 * one connection and all others, the download, a new password, signing out.
 */
export async function assertServes(browser: () => Browser): Promise<void> {
  const [here, other, another, stranger] = [browser(), browser(), browser(), browser()];
  assert.equal((await here.get(paths.health)).text, '{"status":"ok"}');
  assert.equal((await stranger.signIn(EMAIL, "not the password at all")).status, 422);
  for (const each of [other, another, here]) {
    assert.equal((await each.signIn(EMAIL, PASSWORD, { time_zone: "Europe/Madrid" })).status, 303);
  }
  const page = await here.get(paths.connections);
  assert.equal(page.$("tbody tr[id]").length, 4);
  assert.match(page.$("#more").text(), /Times in Europe\/Madrid/);
  for (const link of page.$("link[rel=stylesheet], script[src]").toArray()) {
    assert.equal((await here.get(page.$(link).attr("href") ?? page.$(link).attr("src") ?? "")).status, 200);
  }
  assert.equal((await here.get(`${paths.connections}?state=refused`)).$("tbody tr[id]").length, 1);

  // Newest first: here, another, other.
  assert.equal((await here.submit(page.$("tbody form[action$='/close']").last().attr("action")!)).status, 303);
  assert.equal(await other.isIn(), false);
  assert.equal((await here.submit(paths.closeAll)).status, 303);
  assert.match((await here.get(paths.connections)).$("#notifications").text(), /1 open connection was closed/);
  assert.equal(await another.isIn(), false);

  await assertLeaves(here);
  assert.equal((await here.signIn(EMAIL, NEW)).status, 303);
}

/** The same over a database, with the app in this process and its clock, and what only a later day shows. The account exists. */
export async function assertMainFlow(db: Db, email: string): Promise<void> {
  const { browser, clock } = await startApp({ db });
  const [here, other, another] = [browser(), browser("203.0.113.1"), browser("203.0.113.2")];
  assert.equal((await here.signIn(email, "not the password at all")).status, 422);
  for (const each of [other, another, here]) {
    clock.now += 1;
    assert.equal((await each.signIn(email, PASSWORD, { time_zone: "Europe/Madrid" })).status, 303);
  }
  const page = await here.get(paths.connections);
  assert.deepEqual(page.$(`tbody ${CELL.ip}`).toArray().map((cell) => page.$(cell).text().trim()), [
    "46.16.60.1",
    "203.0.113.2",
    "203.0.113.1",
    "46.16.60.1",
  ]);
  assert.match(page.$("#more").text(), /Times in Europe\/Madrid/);
  const filtered = await here.get(`${paths.connections}?state=open&country=none`);
  assert.deepEqual(filtered.$("select[name=country] option").toArray().map(({ attribs }) => attribs["value"]), [
    "",
    "ES",
    "none",
  ]);
  assert.equal(filtered.$("tbody tr[id]").length, 2);
  assert.equal((await here.get(`${paths.connections}?state=refused`)).$("tbody tr[id]").length, 1);

  // Newest first: here, another, other.
  assert.equal((await here.submit(page.$("tbody form[action$='/close']").last().attr("action")!)).status, 303);
  assert.equal(await other.isIn(), false);
  clock.now += HOUR;
  assert.equal((await here.submit(paths.closeAll)).status, 422);
  assert.equal((await here.submit(paths.closeAll, { password: PASSWORD })).status, 303);
  assert.equal(await another.isIn(), false);

  await assertLeaves(here);
  clock.now += 400 * DAY;
  assert.equal((await here.signIn(email, NEW)).status, 303);
  const user = await findUser(db, email);
  const { entries: left } = await listHistory(db, {
    userId: user!.id,
    filter: {},
    before: null,
    limit: 10,
    now: clock.now,
  });
  assert.equal(left.length, 1);
}

/** The end of both flows: the download, a new password, signing out. */
async function assertLeaves(here: Browser): Promise<void> {
  const rows: { state: string }[] = parse((await here.get(paths.csv)).text, { columns: true });
  assert.deepEqual(rows.map(({ state }) => state), ["open", "closed", "closed", "refused"]);
  const change = { current_password: PASSWORD, new_password: NEW, new_password_again: NEW };
  assert.equal((await here.submit(paths.password, change)).status, 303);
  assert.equal((await here.signOut()).status, 303);
  assert.match((await here.get(paths.signIn)).$(".notification").text(), /You signed out/);
}
