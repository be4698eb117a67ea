import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { eq } from "drizzle-orm";
import { paths, withQuery } from "../http/paths.ts";
import { connections, passkeys, users } from "../db/schema.ts";
import { type Browser, HOUR, MINUTE, START } from "./app.ts";
import { addAuthenticator, codeAt, makeRecoveryCodes, signInWith, startWithKey } from "./second_factor.ts";

type Row = Record<string, string>;

async function rowsOf(browser: Browser): Promise<Row[]> {
  return parse((await browser.get(paths.csv)).text, { columns: true }) as Row[];
}

/** The details of the newest connection. */
async function newestDetails(browser: Browser): Promise<string> {
  const page = await browser.get(paths.connections);
  return (await browser.get(page.$("tr.current td.when a").attr("href")!)).$("main").text();
}

Deno.test("the details and the CSV say by what each connection was opened", async () => {
  const { here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  const [recovery] = await makeRecoveryCodes(here);
  const [byCode, byRecovery] = [browser(), browser()];
  clock.now += MINUTE;
  await signInWith(byCode, codeAt(secret, clock.now));
  clock.now += MINUTE;
  await signInWith(byRecovery, recovery!);

  assert.match(await newestDetails(here), /Signed in with\s*Password(?! and)/);
  assert.match(await newestDetails(byCode), /Signed in with\s*Password and authenticator app/);
  assert.match(await newestDetails(byRecovery), /Signed in with\s*Password and recovery code/);
  assert.deepEqual((await rowsOf(here)).map(({ method }) => method), [
    "password+recovery",
    "password+code",
    "password",
  ]);
});

Deno.test("the details name the passkey that opened a connection, as long as its owner has it", async () => {
  const { db, here } = await startWithKey();
  const { id: userId } = (await db.query.users.findFirst())!;
  const passkey = { id: "key", publicKey: "", counter: 0, isBackedUp: true, transports: "", addedAt: START };
  await db.insert(passkeys).values({ ...passkey, userId, name: "Laptop <b>" });
  await db.update(connections).set({ method: "passkey", passkey: "key" });

  assert.match(await newestDetails(here), /Signed in with\s*Passkey "Laptop <b>"/);
  assert.equal((await rowsOf(here))[0]!.method, "passkey");

  await db.delete(passkeys);
  assert.match(await newestDetails(here), /Signed in with\s*Passkey(?! ")/);
});

Deno.test("the details never name another account's passkey", async () => {
  const { db, here } = await startWithKey();
  const { id: _, ...user } = (await db.query.users.findFirst())!;
  await db.insert(users).values({ ...user, id: "other", email: "joan@example.com" });
  const passkey = { id: "key", publicKey: "", counter: 0, isBackedUp: true, transports: "", addedAt: START };
  await db.insert(passkeys).values({ ...passkey, userId: "other", name: "Joan's" });
  await db.update(connections).set({ method: "passkey", passkey: "key" });

  assert.doesNotMatch(await newestDetails(here), /Joan/);
});

Deno.test("the file for spreadsheets says the method in the owner's language", async () => {
  const { db, here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  await signInWith(browser(), codeAt(secret, clock.now));
  await browser("203.0.113.9").signIn(undefined, "not the password at all");
  await db.update(users).set({ language: "es" });

  const { text } = await here.get(withQuery(paths.csv, { for: "spreadsheet" }));

  const methods = text.trimEnd().split("\r\n").map((line) => line.split(";").at(-1));
  assert.equal(methods[0], "Inicio de sesión con");
  assert.deepEqual(methods.slice(1).sort(), ["", "Contraseña", "Contraseña y aplicación de autenticación"]);
});

Deno.test("wrong codes are refused rows of the table, its filters, both files and the client's address", async () => {
  const { here, browser, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  const thief = browser("203.0.113.9", "curl/8.14.1");
  await thief.signIn();
  clock.now += MINUTE;
  for (let i = 0; i < 3; i++) await thief.submit(paths.code, { code: "000000" });

  for (const filter of [{}, { state: "refused" }, { ip: "203.0.113.9" }, { country: "none" }]) {
    const row = (await here.get(withQuery(paths.connections, filter))).$("tr.refused");
    assert.equal(row.length, 1);
    assert.match(row.text(), /Wrong code \(3\)/);
    assert.match(row.text(), /203\.0\.113\.9/);
  }
  assert.equal((await here.get(`${paths.connections}?state=open`)).$("tr.refused").length, 0);
  const refused = (await rowsOf(here)).filter(({ state }) => state === "refused");
  assert.deepEqual(
    refused.map((row) => [row.end_reason, row.attempts, row.ip_address, row.device, row.method]),
    [["wrong_code", "3", "203.0.113.9", "curl", ""]],
  );
  const { text } = await here.get(withQuery(paths.csv, { for: "spreadsheet", state: "refused" }));
  assert.match(text, /Refused,Wrong code,203\.0\.113\.9/);
});

Deno.test("a wrong code after the right password makes the next sign-in from elsewhere unusual", async () => {
  const { here, browser, clock } = await startWithKey();
  const secret = await addAuthenticator(here, clock);
  const thief = browser("203.0.113.9");
  await thief.signIn();
  clock.now += MINUTE;
  for (let i = 0; i < 3; i++) await thief.submit(paths.code, { code: "000000" });
  await thief.submit(paths.code, { code: codeAt(secret, clock.now) });

  assert.match((await here.get(paths.connections)).$("tr.unreviewed").text(), /After refused sign-ins/);
});

Deno.test("a recovery code is unusual in the row, the banner, the review, the details and the files", async () => {
  const { db, here, browser, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  const [recovery] = await makeRecoveryCodes(here);
  clock.now += HOUR;
  await signInWith(browser(), recovery!);
  const opened = (await db.query.connections.findFirst({ where: eq(connections.method, "password+recovery") }))!;

  const page = await here.get(paths.connections);
  assert.match(page.$("tr.unreviewed").text(), /Opened with a recovery code/);
  assert.match(page.$("main").text(), /1 unusual connection needs your review/);
  assert.equal((await here.get(`${paths.connections}?state=unusual`)).$("tbody tr[id]").length, 1);
  for (const path of [paths.review(opened.id), paths.details(opened.id)]) {
    assert.match(
      (await here.get(path)).$(".reasons").text(),
      /opened with a recovery code in place of the usual/,
      path,
    );
  }
  const unusual = (await rowsOf(here)).map((row) => row.unusual);
  assert.deepEqual(unusual, ["recovery_code", ""]);
  const { text } = await here.get(withQuery(paths.csv, { for: "spreadsheet" }));
  assert.match(text, /,Opened with a recovery code,/);
});
