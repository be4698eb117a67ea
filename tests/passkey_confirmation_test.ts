import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { connections } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, MINUTE, PASSWORD } from "./app.ts";
import { addPasskey, optionsIn, signInByPasskey, startWithPasskeys } from "./passkeys.ts";

// ASVS 7.5.2, 7.2.4
Deno.test("a passkey confirms a closing in place of the password, renews the secret and isn't asked for again", async () => {
  const { here, browser, clock } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const there = browser("46.16.60.2");
  await signInByPasskey(there, authenticator);
  clock.now += 6 * MINUTE;
  const page = await here.get(paths.closeAll);
  assert.equal(page.$("[name=password]").length, 1);
  const before = here.cookies.get("session");

  const closed = await here.submit(paths.closeAll, { passkey: authenticator.get(optionsIn(page)), password: "" });

  assert.equal(closed.status, 303, closed.$("main").text());
  assert.notEqual(here.cookies.get("session"), before);
  assert.equal(await there.isIn(), false);
  assert.equal((await here.get(paths.removePasskey(authenticator.id))).$("[name=password]").length, 0);
});

// ASVS 7.4.3
Deno.test("a passkey of the account takes the place of the current password for a new one", async () => {
  const { here, browser } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const there = browser("46.16.60.2");
  await signInByPasskey(there, authenticator);
  const changed = { current_password: "", new_password: `${PASSWORD} new`, new_password_again: `${PASSWORD} new` };
  const change = async (lies = {}) => {
    const passkey = authenticator.get(optionsIn(await here.get(paths.password)), lies);
    return await here.submit(paths.password, { ...changed, passkey });
  };

  assert.equal((await here.submit(paths.password, changed)).status, 422);
  assert.equal((await change({ isVerified: false })).status, 422);
  assert.equal((await change({ challenge: "A".repeat(72) })).status, 422);
  assert.equal((await change()).status, 303);

  assert.equal(await there.isIn(), false);
  assert.equal((await there.signIn(EMAIL, `${PASSWORD} new`)).headers.get("Location"), paths.code);
});

// ASVS 7.5.2, Security: passkeys
Deno.test("a confirmation isn't accepted from another session, twice, late or from a copy", async () => {
  const { db, here, browser, clock } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const there = browser("46.16.60.2");
  await signInByPasskey(there, authenticator);
  const path = paths.renamePasskey(authenticator.id);
  const confirm = (passkey: string) => here.submit(path, { name: "Renamed", passkey });
  clock.now += 6 * MINUTE;

  assert.equal((await confirm(authenticator.get(optionsIn(await there.get(path))))).status, 422);
  const late = authenticator.get(optionsIn(await here.get(path)));
  clock.now += 5 * MINUTE;
  assert.equal((await confirm(late)).status, 422);
  const once = authenticator.get(optionsIn(await here.get(path)));
  assert.equal((await confirm(once)).status, 303);
  clock.now += 6 * MINUTE;
  assert.equal((await confirm(once)).status, 422);
  const copy = authenticator.get(optionsIn(await here.get(path)), { counter: 1 });
  assert.equal((await confirm(copy)).status, 422);
  const [current] = await db.select().from(connections).where(eq(connections.ip, "46.16.60.1"));
  assert.equal(current!.unusual, "passkey_copied");
});

// ASVS 6.3.4
Deno.test("ten wrong passkeys in a row close the session that they confirm, and nothing else", async () => {
  const { here, browser, clock } = await startWithPasskeys();
  const authenticator = await addPasskey(here);
  const there = browser("46.16.60.2");
  await signInByPasskey(there, authenticator);
  clock.now += 6 * MINUTE;
  for (let i = 0; i < 10; i++) {
    const options = optionsIn(await here.get(paths.closeAll));
    const passkey = authenticator.get(options, { isVerified: false });
    assert.equal((await here.submit(paths.closeAll, { passkey })).status, i < 9 ? 422 : 303, String(i));
  }

  assert.equal(await here.isIn(), false);
  assert.equal(await there.isIn(), true);
  assert.equal((await signInByPasskey(browser("203.0.113.9"), authenticator)).status, 303);
});
