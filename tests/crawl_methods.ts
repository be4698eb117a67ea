import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSecrets } from "../credentials/secrets.ts";
import { createTicketReader } from "../credentials/tickets.ts";
import type { Db } from "../db/database.ts";
import { authenticators, browsers, browserUsers, passkeys } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import type { AppOptions } from "../routes/app.tsx";
import { type Browser, EMAIL, PASSWORD, START, startApp, type TestApp, UNSENT } from "./app.ts";
import { addPasskey, Authenticator, signInByPasskey, SITE } from "./passkeys.ts";
import { TICKET_KEY, ticketOf, ticketPath } from "./tickets.ts";
import { addAuthenticator, codeAt, makeRecoveryCodes, signInWith } from "./second_factor.ts";

/** Starts where every sign-in method can be added, and there is mail. */
export async function startWithMethods(changes: Partial<AppOptions> = {}): Promise<TestApp> {
  const secrets = await createSecrets([randomBytes(32)]);
  const readTicket = createTicketReader([TICKET_KEY]);
  return await startApp({
    ...{ origin: new URL(SITE), secrets: () => Promise.resolve(secrets), readTicket, mail: UNSENT },
    ...changes,
  });
}

/** Gives the account an authenticator app, and a passkey and a known browser with this id, for paths that contain it. */
export async function addMethodsOf(db: Db, id: string): Promise<void> {
  const { id: userId } = (await findUser(db, EMAIL))!;
  await db.insert(authenticators).values({ userId, secret: "", lastStep: 0, addedAt: START, lastAt: null });
  await db.insert(passkeys).values({
    ...{ id, userId, publicKey: "", counter: 0, isBackedUp: true, transports: "usb", name: "1" },
    ...{ addedAt: START, lastAt: null },
  });
  await db.insert(browsers).values({ id, secretHash: "", lastAt: START });
  await db.insert(browserUsers).values({ userId, browserId: id, firstAt: START, lastAt: START });
}

/** Adds and removes every method as the account's owner, and signs in by each. Leaves the account with its password alone. */
export async function useEveryMethod(
  { db, clock }: TestApp,
  here: Browser,
  elsewhere: Browser,
  { id, origin }: { id: string; origin: string },
): Promise<void> {
  const secret = await addAuthenticator(here, clock);
  await here.get(paths.authenticator);
  await here.submit(paths.authenticator, { sealed: "old", code: "1" });
  const [recovery] = await makeRecoveryCodes(here);
  await here.get(paths.methods);
  assert.equal((await signInWith(elsewhere, "000000")).status, 422);
  assert.equal((await signInWith(elsewhere, codeAt(secret, clock.now))).status, 303);
  await elsewhere.signOut();
  assert.equal((await signInWith(elsewhere, recovery!)).status, 303);
  assert.equal((await here.submit(paths.removeAuthenticator)).status, 303);

  const authenticator = await addPasskey(here, {
    authenticator: new Authenticator(true, origin),
    name: "3",
  });
  await here.submit(paths.passkeys, { name: "" });
  await here.submit(paths.passkeys, { name: "4" });
  await elsewhere.signOut();
  assert.equal((await signInByPasskey(elsewhere, authenticator, { isVerified: false })).status, 422);
  assert.equal((await signInByPasskey(elsewhere, authenticator)).status, 303);
  await elsewhere.signOut();
  const ticket = ticketOf({ exp: clock.now / 1000 + 30 });
  const asked = await elsewhere.get(ticketPath(ticket), { "Sec-Fetch-Site": "cross-site" });
  await elsewhere.post(paths.ticket, { ticket });
  const csrf = asked.$("main form [name=csrf]").attr("value")!;
  assert.equal((await elsewhere.post(paths.ticket, { ticket, csrf })).status, 303);
  await elsewhere.signOut();
  await elsewhere.signIn();
  await elsewhere.get(paths.code);
  await elsewhere.submit(paths.code, { code: "", passkey: "old" });

  await addMethodsOf(db, id);
  await here.get(paths.methods);
  for (
    const path of [
      paths.removeAuthenticator,
      paths.renamePasskey(id),
      paths.removePasskey(id),
      paths.forgetBrowser(id),
    ]
  ) {
    await here.get(path);
    await here.submit(path, { name: "", password: PASSWORD });
    if (path === paths.renamePasskey(id)) await here.submit(path, { name: "2", password: PASSWORD });
  }
  await here.submit(paths.removePasskey(authenticator.id), { password: PASSWORD });
  assert.equal(await db.$count(passkeys), 0);
}
