import assert from "node:assert/strict";
import { accountKey } from "../db/limits.ts";
import { browsers, browserUsers, connections, known, limits, places, refusals } from "../db/schema.ts";
import { findUser, findUserFrom, listUsers, removeUser, renameUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, EMAIL, PASSWORD, signedIn, START, startApp } from "./app.ts";
import { visitorFrom } from "./verbs.ts";

const JOAN = "joan@example.com";

Deno.test("a renamed account keeps its connections, and is found by any spelling of its address", async () => {
  const { here, db } = await signedIn();

  assert.equal(await renameUser(db, " Marta@Example.com", "Marta@ACME.example "), true);

  assert.equal(await findUser(db, EMAIL), undefined);
  const [account] = await listUsers(db, START);
  assert.deepEqual([account?.email, account?.openConnections], ["marta@acme.example", 1]);
  assert.equal(await here.isIn(), true);
});

Deno.test("renaming fails for an unknown account, and to another account's address", async () => {
  const { db } = await startApp();
  await addAccount(db, JOAN, PASSWORD);

  assert.equal(await renameUser(db, EMAIL, "Joan@example.com"), false);
  assert.equal(await renameUser(db, "nobody@example.com", "new@example.com"), false);
  assert.equal(await renameUser(db, EMAIL, "MARTA@example.com"), true);

  assert.deepEqual((await listUsers(db, START)).map(({ email }) => email), [JOAN, EMAIL]);
});

Deno.test("findUser and findUserFrom find an account by any spelling of its address", async () => {
  const { db } = await signedIn();
  const visitor = visitorFrom("46.16.60.1");
  const user = await findUser(db, EMAIL);
  assert.equal(user?.email, EMAIL);

  assert.deepEqual(await findUser(db, " MARTA@Example.com"), user);
  assert.deepEqual(await findUserFrom(db, " MARTA@Example.com", visitor, undefined), {
    user,
    hasSecondFactor: false,
    standings: [{ kind: "network" }],
    browser: null,
  });
  assert.deepEqual(await findUserFrom(db, "nobody@example.com", visitor, undefined), {
    user: undefined,
    hasSecondFactor: false,
    standings: [{ kind: "stranger" }],
    browser: null,
  });
});

Deno.test("removing an account removes all of its data, and no other account's", async () => {
  const { db, browser } = await startApp();
  await addAccount(db, JOAN, PASSWORD);
  const [here, joan] = [browser(), browser()];
  for (const [each, email] of [[here, EMAIL], [joan, JOAN]] as const) {
    await each.signIn(email, "not the password at all");
    await each.signIn(email);
  }
  await browser("203.0.113.1").signIn(EMAIL, "not the password at all");
  const joanId = (await findUser(db, JOAN))!.id;
  await here.get(paths.connections, { "User-Agent": "curl/8.14.1" });
  await joan.get(paths.connections, { "User-Agent": "curl/8.14.1" });
  assert.equal(await db.$count(places), 2);
  assert.equal(await db.$count(browsers), 2);

  assert.equal(await removeUser(db, "MARTA@example.com"), true);
  assert.equal(await removeUser(db, EMAIL), false);

  assert.equal(await here.isIn(), false);
  assert.equal(await joan.isIn(), true);
  const tables = [refusals, known, places, browserUsers, connections];
  const owners = await Promise.all(tables.map((table) => db.selectDistinct({ id: table.userId }).from(table)));
  assert.deepEqual(owners, tables.map(() => [{ id: joanId }]));
  assert.equal(await db.$count(browsers), 1);
  assert.equal((await browser("203.0.113.2").signIn(JOAN)).status, 303);
  const counted = (await db.select().from(limits)).map(({ key }) => key).filter((key) => !key.startsWith("refusal:"));
  assert.deepEqual(counted.filter((key) => key.includes(accountKey(EMAIL, true))), []);
});
