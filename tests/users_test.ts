import assert from "node:assert/strict";
import { accountKey } from "../db/limits.ts";
import { known, limits, refusals } from "../db/schema.ts";
import { findUser, listUsers, removeUser, renameUser } from "../db/users.ts";
import { addAccount, EMAIL, PASSWORD, START, startApp } from "./app.ts";

const JOAN = "joan@example.com";

Deno.test("an account keeps its connections under another address, which is found however it is written", async () => {
  const { db, browser } = await startApp();
  const here = browser();
  await here.signIn();

  assert.equal(await renameUser(db, " Marta@Example.com", "Marta@ACME.example "), true);

  assert.equal(await findUser(db, EMAIL), undefined);
  const [account] = await listUsers(db, START);
  assert.deepEqual([account?.email, account?.openConnections], ["marta@acme.example", 1]);
  assert.equal(await here.isIn(), true);
});

Deno.test("an account is not renamed to the address of another one, nor one that isn't there to anything", async () => {
  const { db } = await startApp();
  await addAccount(db, JOAN, PASSWORD);

  assert.equal(await renameUser(db, EMAIL, "Joan@example.com"), false);
  assert.equal(await renameUser(db, "nobody@example.com", "new@example.com"), false);
  assert.equal(await renameUser(db, EMAIL, "MARTA@example.com"), true);

  assert.deepEqual((await listUsers(db, START)).map(({ email }) => email), [JOAN, EMAIL]);
});

Deno.test("an account is removed with all that is kept of it, and no other account's", async () => {
  const { db, browser } = await startApp();
  await addAccount(db, JOAN, PASSWORD);
  const [here, joan] = [browser(), browser()];
  for (const [each, email] of [[here, EMAIL], [joan, JOAN]] as const) {
    await each.signIn(email, "not the password at all");
    await each.signIn(email);
  }
  await browser("203.0.113.1").signIn(EMAIL, "not the password at all");
  const joanId = (await findUser(db, JOAN))!.id;

  assert.equal(await removeUser(db, "MARTA@example.com"), true);
  assert.equal(await removeUser(db, EMAIL), false);

  assert.equal(await here.isIn(), false);
  assert.equal(await joan.isIn(), true);
  const owners = [...await db.select().from(refusals), ...await db.select().from(known)].map(({ userId }) => userId);
  assert.deepEqual([...new Set(owners)], [joanId]);
  assert.equal((await browser("203.0.113.2").signIn(JOAN)).status, 303);
  const counted = (await db.select().from(limits)).map(({ key }) => key).filter((key) => !key.startsWith("refusal:"));
  assert.deepEqual(counted.filter((key) => key.includes(accountKey(EMAIL))), []);
});
