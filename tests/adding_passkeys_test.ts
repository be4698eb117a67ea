import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { passkeys, recoveryCodes, users } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import { addAccount, EMAIL, HOUR, MINUTE, PASSWORD } from "./app.ts";
import { addPasskey, Authenticator, startWithPasskeys } from "./passkeys.ts";
import { makeRecoveryCodes, startWithKey } from "./second_factor.ts";

const OTHER = "joan@example.com";

// ASVS 6.5.7, 6.7.1
Deno.test("a new passkey has to be resident and verified, and the page says which ones there are", async () => {
  const { db, here } = await startWithPasskeys();
  const first = await addPasskey(here, { authenticator: new Authenticator(true) });
  const page = await here.get(paths.passkeys);
  const { challenge, user, ...options } = JSON.parse(page.$("#new-passkey").attr("data-passkey")!);

  assert.equal(challenge.length, 72);
  assert.deepEqual([user.name, user.displayName], [EMAIL, EMAIL]);
  assert.deepEqual(options, {
    rp: { id: "localhost", name: "Control panel" },
    pubKeyCredParams: [-8, -7, -257].map((alg) => ({ alg, type: "public-key" })),
    timeout: 5 * MINUTE,
    excludeCredentials: [{ id: first.id, type: "public-key", transports: ["internal", "hybrid"] }],
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    attestation: "none",
  });
  const [stored] = await db.select().from(passkeys);
  assert.deepEqual([stored!.name, stored!.isBackedUp, stored!.transports], ["Laptop", true, "internal hybrid"]);
  assert.match((await here.get(paths.methods)).$(".method-list").first().text(), /Laptop.*Synced/s);
});

// ASVS 6.7.1, Security: passkeys
Deno.test("a new passkey that is wrong, late, another session's, used before or somebody's already isn't added", async () => {
  const { db, here, browser, clock } = await startWithPasskeys();
  const there = browser("46.16.60.2");
  await there.signIn();
  const optionsOf = async (each = here) =>
    JSON.parse((await each.get(paths.passkeys)).$("#new-passkey").attr("data-passkey")!);
  const add = (credential: string) => here.submit(paths.passkeys, { name: "Phone", credential, password: PASSWORD });
  const made = new Authenticator();

  for (
    const lie of [{ origin: "http://evil.example" }, { rpId: "evil" }, { isVerified: false }, { type: "webauthn.get" }]
  ) {
    assert.equal((await add(made.create(await optionsOf(), lie))).status, 422, JSON.stringify(lie));
  }
  assert.equal((await add(made.create(await optionsOf(there)))).status, 422);
  assert.equal((await add("")).status, 422);
  const late = made.create(await optionsOf());
  clock.now += 5 * MINUTE;
  assert.equal((await add(late)).status, 422);
  assert.equal(await db.$count(passkeys), 0);

  const credential = made.create(await optionsOf());
  assert.equal((await add(credential)).status, 303);
  await here.submit(paths.removePasskey(made.id));
  assert.equal((await add(credential)).status, 422);
  assert.equal(await db.$count(passkeys), 0);

  await addAccount(db, OTHER, PASSWORD);
  const joan = browser("46.16.60.9");
  await joan.signIn(OTHER);
  const theirs = await addPasskey(joan);
  const taken = await add(new Authenticator().create(await optionsOf(), { id: theirs.id }));
  assert.equal(taken.status, 422);
  assert.match(taken.$("main").text(), /was added before/);
  const [user] = await db.select({ email: users.email }).from(passkeys).innerJoin(users, eq(users.id, passkeys.userId));
  assert.equal(user!.email, OTHER);
});

// ASVS 7.5.2, 7.2.4
Deno.test("adding, renaming and removing ask for the password, and a mistyped one needs no second passkey", async () => {
  const { db, here, browser, clock, log } = await startWithPasskeys();
  const there = browser("46.16.60.2");
  await there.signIn();
  clock.now += 6 * MINUTE;
  const page = await here.get(paths.passkeys);
  assert.equal(page.$("[name=name]").attr("value"), "Firefox on Linux");
  const authenticator = new Authenticator();
  const credential = authenticator.create(JSON.parse(page.$("#new-passkey").attr("data-passkey")!));
  const fields = { name: "  My laptop ", credential };

  const wrong = await here.submit(paths.passkeys, { ...fields, password: "not the password at all" });
  assert.equal(wrong.status, 422);
  assert.equal(wrong.$("[name=credential]").attr("value"), credential);
  assert.equal((await here.submit(paths.passkeys, { ...fields, name: " ", password: PASSWORD })).status, 422);
  assert.equal(
    (await here.submit(paths.passkeys, { ...fields, name: "x".repeat(61), password: PASSWORD })).status,
    422,
  );
  const added = await here.submit(paths.passkeys, { ...fields, password: PASSWORD, close_others: "yes" });
  assert.equal(added.status, 303, added.$("main").text());
  assert.equal(await there.isIn(), false);
  assert.match((await here.get(paths.methods)).$("#notifications").text(), /The passkey was added/);

  clock.now += 6 * MINUTE;
  for (const path of [paths.renamePasskey(authenticator.id), paths.removePasskey(authenticator.id)]) {
    assert.equal((await here.submit(path)).status, 422, path);
    assert.equal((await here.get(path.replace(authenticator.id, "A".repeat(43)))).status, 404);
  }
  const renamed = await here.submit(paths.renamePasskey(authenticator.id), {
    name: "Old <laptop>",
    password: PASSWORD,
  });
  assert.equal(renamed.status, 303);
  assert.equal((await db.query.passkeys.findFirst())!.name, "Old <laptop>");
  assert.match((await here.get(paths.methods)).$(".method-list").first().text(), /Old <laptop>/);
  assert.equal((await here.submit(paths.removePasskey(authenticator.id))).status, 303);
  assert.equal(await db.$count(passkeys), 0);
  const events = log.flatMap((line) => /authn_method_\w+|user_updated/.exec(line)?.[0] ?? []);
  assert.deepEqual(events, ["authn_method_added", "user_updated", "authn_method_removed"]);
});

Deno.test("where a second step is required, a passkey is one, and the last one can't be removed", async () => {
  const { here } = await startWithPasskeys({ requiresSecondFactor: true });
  assert.equal((await here.get(paths.connections)).headers.get("Location"), paths.methods);
  const authenticator = await addPasskey(here);
  assert.equal(await here.isIn(), true);

  const kept = await here.submit(paths.removePasskey(authenticator.id));
  assert.equal(kept.status, 422);
  assert.match(kept.$("main").text(), /Add another method first/);
  const second = await addPasskey(here);
  assert.equal((await here.submit(paths.removePasskey(second.id))).status, 303);
});

// ASVS 6.5.2
Deno.test("recovery codes end with the last passkey where there is no app", async () => {
  const { db, here } = await startWithPasskeys();
  const [first, second] = [await addPasskey(here), await addPasskey(here)];
  await makeRecoveryCodes(here);

  assert.equal((await here.submit(paths.removePasskey(first.id))).status, 303);
  assert.equal(await db.$count(recoveryCodes), 10);
  assert.equal((await here.submit(paths.removePasskey(second.id))).status, 303);
  assert.equal(await db.$count(recoveryCodes), 0);
});

Deno.test("without a key, or at an address without a name, there are no passkeys and nothing asks for one", async () => {
  for (
    const { here, browser } of [
      await startWithKey(),
      await startWithPasskeys({ secrets: () => Promise.resolve(null) }),
    ]
  ) {
    const page = await browser().get(paths.signIn);
    assert.equal(page.$("[data-passkey]").length, 0);
    assert.equal(page.$("[name=email]").attr("autocomplete"), "username");
    assert.equal(page.$("script[type=module]").length, 0);
    assert.equal((await here.get(paths.passkeys)).status, 404);
    assert.match((await here.get(paths.methods)).$("main").text(), /can't be added at this address/);
  }
});

Deno.test("only pages that ask for a passkey load its script", async () => {
  const { here, browser, clock } = await startWithPasskeys();
  const loads = async (path: string, each = here) =>
    (await each.get(path)).$("script[type=module]").toArray().map(({ attribs }) =>
      attribs.src!.replace(/\.\w+\./, ".")
    );

  assert.deepEqual(await loads(paths.connections), []);
  assert.deepEqual(await loads(paths.methods), []);
  assert.deepEqual(await loads(paths.passkeys), ["/static/passkeys.js"]);
  assert.deepEqual(await loads(paths.signIn, browser()), ["/static/passkeys.js"]);
  await addPasskey(here);
  clock.now += HOUR;
  assert.deepEqual(await loads(paths.connections), ["/static/passkeys.js"]);
});
