import assert from "node:assert/strict";
import type { SQLWrapper } from "drizzle-orm";
import * as activity from "../db/history/activity.ts";
import * as browsers from "../db/browsers.ts";
import * as connections from "../db/connections.ts";
import * as database from "../db/database.ts";
import * as days from "../db/history/days.ts";
import * as downloads from "../db/downloads.ts";
import * as entries from "../db/history/entries.ts";
import * as history from "../db/history/rows.ts";
import * as exports from "../db/accounts/export.ts";
import * as filters from "../db/history/filters.ts";
import * as known from "../db/known.ts";
import * as cancelling from "../db/accounts/cancelling.ts";
import * as disabling from "../db/accounts/disabling.ts";
import * as mailOrigins from "../db/mail/origins.ts";
import * as outbox from "../db/mail/outbox.ts";
import * as links from "../db/accounts/links.ts";
import * as requests from "../db/accounts/requests.ts";
import * as limits from "../db/limits.ts";
import * as authenticators from "../db/methods/authenticators.ts";
import * as knownBrowsers from "../db/methods/browsers.ts";
import * as challenges from "../db/methods/challenges.ts";
import * as changes from "../db/methods/changes.ts";
import * as methods from "../db/methods/methods.ts";
import * as passkeys from "../db/methods/passkeys.ts";
import * as pending from "../db/methods/pending.ts";
import * as recoveryCodes from "../db/methods/recovery_codes.ts";
import * as resetting from "../db/methods/reset.ts";
import * as open from "../db/open.ts";
import * as overview from "../db/history/overview.ts";
import * as places from "../db/places.ts";
import * as refusals from "../db/refusals.ts";
import * as retention from "../db/retention.ts";
import * as reviews from "../db/reviews.ts";
import * as rowCount from "../db/history/row_count.ts";
import * as schema from "../db/schema.ts";
import * as sessions from "../db/sessions.ts";
import * as traces from "../db/accounts/traces.ts";
import * as unusual from "../db/unusual.ts";
import * as users from "../db/users.ts";
import { startHrana } from "./hrana.ts";
import { assertVerbs } from "./every_verb.ts";
import { verbs } from "./verbs.ts";

const { openDatabase } = database;

Deno.test("every verb of db/ works over an embedded database", async () => {
  const db = await openDatabase(":memory:");
  await assertVerbs(db);
  db.$client.close();
});

// Security: remote database
Deno.test("every verb of db/ works over a remote database", async () => {
  await using hrana = await startHrana();
  const db = await openDatabase(hrana.url);
  await assertVerbs(db);
  db.$client.close();
});

const exported = {
  ...activity,
  ...authenticators,
  ...browsers,
  ...cancelling,
  ...challenges,
  ...changes,
  ...connections,
  ...database,
  ...days,
  ...downloads,
  ...entries,
  ...exports,
  ...filters,
  ...history,
  ...known,
  ...knownBrowsers,
  ...disabling,
  ...links,
  ...limits,
  ...mailOrigins,
  ...methods,
  ...open,
  ...outbox,
  ...overview,
  ...passkeys,
  ...pending,
  ...places,
  ...recoveryCodes,
  ...refusals,
  ...requests,
  ...resetting,
  ...retention,
  ...reviews,
  ...rowCount,
  ...schema,
  ...sessions,
  ...traces,
  ...unusual,
  ...users,
};

/** The names of the exported functions that take the database and return a promise or a generator, unless that is a statement. */
type Verb = {
  [Name in keyof typeof exported]: (typeof exported)[Name] extends (db: database.Db, ...rest: never[]) => infer Result
    ? Result extends SQLWrapper ? never : Result extends Promise<unknown> | AsyncGenerator ? Name : never
    : never;
}[keyof typeof exported];

Deno.test("the tests of the verbs include every verb that db/ exports", async () => {
  const modules = await Promise.all(
    (await listModules("../db", "../db/accounts", "../db/history", "../db/mail", "../db/methods")).map((path) =>
      import(path)
    ),
  );
  const names = modules.flatMap((module) => Object.keys(module));
  // The compiler checks it: whether a function is a verb is a matter of its type.
  const tested: Record<Verb, unknown> = verbs;

  assert.deepEqual(names.filter((name) => !(name in exported)), []);
  assert.deepEqual(Object.keys(tested).filter((name) => !names.includes(name)), []);
});

async function listModules(...folders: string[]): Promise<string[]> {
  const lists = await Promise.all(folders.map(async (folder) => {
    const entries = await Array.fromAsync(Deno.readDir(new URL(folder, import.meta.url)));
    return entries.filter(({ isFile }) => isFile).map(({ name }) => `${folder}/${name}`);
  }));
  return lists.flat();
}
