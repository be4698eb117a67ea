import assert from "node:assert/strict";
import { newBrowser } from "../db/browsers.ts";
import { openConnection } from "../db/connections.ts";
import { openDatabase } from "../db/database.ts";
import {
  addPasskey as addStored,
  findPasskey,
  listPasskeys,
  markCopied,
  removePasskey,
  renamePasskey,
  usePasskey,
} from "../db/methods/passkeys.ts";
import { passkeys } from "../db/schema.ts";
import { resumeSession } from "../db/sessions.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, EMAIL, HOUR, MINUTE, PASSWORD, START } from "./app.ts";
import { addPasskey, optionsIn, sendPasskey, signInByPasskey, startWithPasskeys } from "./passkeys.ts";
import { startHrana } from "./hrana.ts";
import { assertIndexed, planOf } from "./plans.ts";
import { LIFETIME, reserve, visitorFrom } from "./verbs.ts";

const OTHER = "joan@example.com";
const STORED = { publicKey: "", counter: 0, isBackedUp: false, transports: "", name: "" };

Deno.test("used challenges and sign-ins that wait are removed once they are too old", async () => {
  const { db, here, browser, clock } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  await browser("46.16.60.2").signIn();
  await signInByPasskey(browser("46.16.60.2"), authenticator);
  assert.equal((await db.query.usedChallenges.findMany()).length, 2);
  assert.equal((await db.query.pendingSignIns.findMany()).length, 1);

  clock.now += HOUR;
  await signInByPasskey(browser("46.16.60.2"), authenticator);

  assert.equal((await db.query.usedChallenges.findMany()).length, 1);
  assert.equal((await db.query.pendingSignIns.findMany()).length, 0);
});

Deno.test("over a remote database a passkey is added, signs in, confirms and is removed", async () => {
  await using hrana = await startHrana();
  const db = await openDatabase(hrana.url);
  await addAccount(db, EMAIL, PASSWORD);
  const { here, browser, clock } = await startWithPasskeys({ db });
  const authenticator = await addPasskey(here);
  const there = browser("46.16.60.2");

  assert.equal((await signInByPasskey(there, authenticator)).status, 303);
  const answer = authenticator.get(optionsIn(await browser().get(paths.signIn)));
  assert.equal((await sendPasskey(there, answer)).status, 422);
  clock.now += 6 * MINUTE;
  const options = optionsIn(await there.get(paths.removePasskey(authenticator.id)));
  const removed = await there.submit(paths.removePasskey(authenticator.id), { passkey: authenticator.get(options) });
  assert.equal(removed.status, 303);
  assert.equal(await db.$count(passkeys), 0);
  db.$client.close();
});

// Security: passkeys
Deno.test("a passkey that is removed, or added elsewhere, at the same moment opens nothing and changes no account", async () => {
  const { db, here, clock } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const user = (await findUser(db, EMAIL))!;
  const open = async (passkey: string) =>
    await openConnection(db, {
      ...{ user, visitor: visitorFrom("46.16.60.2"), browser: newBrowser(), unusual: [], replaces: null },
      ...{ reserved: await reserve(db, EMAIL, "46.16.60.2"), timeZone: null, lifetime: LIFETIME, now: clock.now },
      how: { method: "passkey", passkey },
    });
  await addAccount(db, OTHER, PASSWORD);
  const session = (await resumeSession(db, here.cookies.get("session"), { isReading: true, now: clock.now }))!;
  const others = { ...session, userId: (await findUser(db, OTHER))!.id };
  const change = { session: others, closesOthers: false, now: clock.now };
  const challenge = { challenge: "new", expiresAt: clock.now + MINUTE };

  const added = await addStored(db, change, { ...STORED, id: authenticator.id }, challenge);
  assert.equal(added?.isAdded, false);
  assert.equal((await db.query.passkeys.findFirst())!.userId, user.id);
  assert.equal(await open("removed"), null);
  assert.notEqual(await open(authenticator.id), null);
});

Deno.test("passkeys are found, added, used, renamed and removed by indexes", async () => {
  const { db, here, clock } = await startWithPasskeys();
  const session = (await resumeSession(db, here.cookies.get("session"), { isReading: true, now: clock.now }))!;
  const change = { session, closesOthers: true, now: clock.now };
  const used = { challenge: "c", expiresAt: clock.now, counter: 1, isBackedUp: true, now: clock.now };

  assert.deepEqual(await planOf((db) => findPasskey(db, "p")), [
    "SEARCH passkeys USING INDEX sqlite_autoindex_passkeys_1 (id=?)",
    "SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)",
  ]);
  // An account has twenty at most.
  assertIndexed(await planOf((db) => listPasskeys(db, "u")), ["USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"]);
  assertIndexed(await planOf((db) => addStored(db, change, { ...STORED, id: "p" }, used)));
  assertIndexed(await planOf((db) => usePasskey(db, { id: "p", userId: "u" }, used)));
  assertIndexed(await planOf((db) => renamePasskey(db, change, { id: "p", name: "" })));
  assertIndexed(await planOf((db) => removePasskey(db, change, "p")));
  assertIndexed(await planOf((db) => markCopied(db, session, START)));
});
