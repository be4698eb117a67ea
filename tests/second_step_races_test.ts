import assert from "node:assert/strict";
import { argon2id } from "../credentials/argon2id.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { authenticators, connections, pendingSignIns } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { CHEAP, EMAIL, startApp } from "./app.ts";
import { addAuthenticator, codeAt, makeRecoveryCodes, startWithKey } from "./second_factor.ts";

// ASVS 6.3.3
// Security: race
Deno.test("a password that is being checked while its owner adds a second step opens nothing by itself", async () => {
  const { browser, db, clock } = await startApp({
    passwords: createPasswords(CHEAP, async (password, salt, cost) => {
      const user = await findUser(db, EMAIL);
      const row = { userId: user!.id, secret: "encrypted", lastStep: 0, addedAt: clock.now, lastAt: null };
      await db.insert(authenticators).values(row).onConflictDoNothing();
      return await argon2id(password, salt, cost);
    }),
  });

  const answer = await browser().signIn();

  assert.equal(answer.status, 422);
  assert.deepEqual(await db.select().from(connections), []);
});

// ASVS 6.3.3
// Security: race
Deno.test("one password opens one connection, however many codes are entered for it at once", async () => {
  const { here, browser, db, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  const [first, second] = await makeRecoveryCodes(here);
  const before = await db.$count(connections);
  const there = browser("46.16.60.2");
  await there.signIn();
  await there.get(paths.code);
  const [cookie, csrf] = [there.cookies.get("pending")!, there.cookies.get("form")!];
  const copies = [codeAt(secret, clock.now), first!, second!].map((code) => {
    const copy = browser("46.16.60.2");
    copy.cookies.set("pending", cookie).set("form", csrf);
    return copy.post(paths.code, { csrf, code });
  });

  const answers = await Promise.all(copies);

  const locations = answers.map(({ headers }) => headers.get("Location")).sort();
  assert.deepEqual(locations, [paths.signIn, paths.signIn, paths.connections]);
  assert.equal(await db.$count(connections), before + 1);
  assert.equal(await db.$count(pendingSignIns), 0);
});
