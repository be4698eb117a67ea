import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { isNull } from "drizzle-orm";
import { addLink } from "../db/accounts/links.ts";
import { disableUser } from "../db/accounts/disabling.ts";
import { browserUsers, connections, links, users } from "../db/schema.ts";
import { findUser, resetPassword } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { sweep } from "../db/retention.ts";
import { DAY, EMAIL, FIREFOX, HOUR, PASSWORD, START, startApp, type TestApp } from "./app.ts";
import { LIFETIME } from "./verbs.ts";

const NEW = "a much better password than before";
const FIELDS = { new_password: NEW, new_password_again: NEW };

// ASVS 6.4.6
Deno.test("a one-time link sets a password, closes every connection and forgets every known browser", async () => {
  const site = await startApp();
  const [phone, here] = [site.browser("203.0.113.1"), site.browser()];
  await phone.signIn();
  assert.equal(await site.db.$count(browserUsers), 1);
  const path = await makeLink(site);

  const page = await here.get(path);
  const answer = await here.submit(path, FIELDS);

  assert.equal(page.status, 200);
  assert.match(page.$("main").text(), /Set your password.*marta@example\.com.*works once/);
  assert.deepEqual([answer.status, answer.headers.get("Location")], [303, paths.signIn]);
  assert.match((await here.get(paths.signIn)).$("#notifications").text(), /Your password was set\. ?Sign in with it\./);
  assert.equal((await here.get(paths.signIn)).$("#notifications").length, 0);
  assert.equal(await phone.isIn(), false);
  assert.match((await phone.get(paths.signIn)).$("main").text(), /when the password was changed/);
  assert.equal(await site.db.$count(links), 0);
  assert.equal(await site.db.$count(browserUsers), 0);
  assert.equal((await here.signIn(EMAIL, PASSWORD)).status, 422);
  assert.equal((await here.signIn(EMAIL, NEW)).status, 303);
});

// ASVS 6.4.6
Deno.test("a used, an expired and an unknown link are one answer, whatever is done with them", async () => {
  const site = await startApp();
  const { browser, clock } = site;
  const used = await makeLink(site);
  await browser().submit(used, FIELDS);
  const expired = await makeLink(site);
  const form = browser();
  const csrf = (await form.get(expired)).$("[name=csrf]").attr("value") ?? "";
  clock.now += DAY;
  const hashes = async () => await site.db.select({ hash: users.passwordHash }).from(users);
  const before = await hashes();

  const odd = [paths.link("x"), paths.link("t".repeat(43)), paths.link("%00"), paths.link("t".repeat(5_000))];
  const answers = await Promise.all([used, expired, ...odd].flatMap((path) => [
    form.get(path),
    form.post(path, { ...FIELDS, csrf }),
    form.post(path, { csrf }),
  ]));

  const texts = answers.map(({ status, $ }) => `${status} ${$("main").text()}`);
  assert.equal(new Set(texts).size, 1);
  assert.match(texts[0]!, /^404 This link no longer works/);
  assert.deepEqual(await hashes(), before);
});

// Security: GET is safe
Deno.test("looking at a link, or a scanner's or prefetch's request, doesn't use it up", async () => {
  const site = await startApp();
  const path = await makeLink(site);
  const here = site.browser();
  const before = await site.db.query.users.findMany();

  for (let i = 0; i < 3; i++) {
    await here.get(path);
    await here.get(path, { "Sec-Purpose": "prefetch" });
    await here.request(path, { method: "HEAD" });
  }

  assert.deepEqual(await site.db.query.users.findMany(), before);
  assert.equal((await here.submit(path, FIELDS)).status, 303);
});

// ASVS 6.4.6
Deno.test("a link's token is 32 random bytes and only its SHA-256 is stored, until it is used or a day is over", async () => {
  const site = await startApp();
  const token = (await makeLink(site)).slice(paths.link("").length);

  const rows = await site.db.query.links.findMany();

  assert.equal(atob(token.replaceAll("-", "+").replaceAll("_", "/")).length, 32);
  const hash = createHash("sha256").update(token).digest("base64url");
  const { id: userId } = (await findUser(site.db, EMAIL))!;
  assert.deepEqual(rows, [{ hash, purpose: "password", userId, email: null, expiresAt: START + 24 * HOUR }]);
  await sweep(site.db, LIFETIME, 0, START + 24 * HOUR - 1);
  assert.equal(await site.db.$count(links), 1);
  await sweep(site.db, LIFETIME, 0, START + 24 * HOUR);
  assert.equal(await site.db.$count(links), 0);
});

// ASVS 6.4.6
Deno.test("a new link, a new password and disabling end the link before", async () => {
  const site = await startApp();
  const { db, browser, clock } = site;
  const user = (await findUser(db, EMAIL))!;

  const first = await makeLink(site);
  const second = await makeLink(site);
  assert.deepEqual([(await browser().get(first)).status, (await browser().get(second)).status], [404, 200]);
  await resetPassword(db, user, user.passwordHash, clock.now);
  assert.equal((await browser().get(second)).status, 404);
  const third = await makeLink(site);
  const here = browser();
  await here.signIn();
  await here.submit(paths.password, { current_password: PASSWORD, ...FIELDS });
  assert.equal((await browser().get(third)).status, 404);
  const fourth = await makeLink(site);
  await disableUser(db, user, clock.now);
  assert.equal((await browser().get(fourth)).status, 404);
  const fifth = await makeLink(site);
  assert.equal((await browser().get(fifth)).status, 404, "nor is there one for a disabled account");
});

// ASVS 6.4.6
Deno.test("of two browsers that use a link at once one sets the password", async () => {
  const site = await startApp();
  const path = await makeLink(site);
  const [one, two] = [site.browser(), site.browser()];

  const answers = await Promise.all([one, two].map((browser) => browser.submit(path, FIELDS)));

  assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 404]);
  assert.equal((await site.db.query.users.findFirst())?.passwordVersion, 2);
});

// ASVS 6.2
Deno.test("a link's form has the rules of every new password, and stays usable", async () => {
  const site = await startApp();
  const path = await makeLink(site);
  const here = site.browser();
  const problemsOf = async (fields: Record<string, string>) => {
    const { status, $ } = await here.submit(path, fields);
    assert.equal(status, 422);
    return $(".field-problem").text();
  };

  assert.match(await problemsOf({ new_password: "short", new_password_again: "short" }), /at least 15 characters/);
  assert.match(await problemsOf({ new_password: EMAIL, new_password_again: EMAIL }), /based on your email address/);
  assert.match(await problemsOf({ new_password: NEW, new_password_again: `${NEW}.` }), /don't match/);
  assert.match(await problemsOf({ new_password: "" }), /Type a new password/);
  assert.equal((await here.submit(path, FIELDS)).status, 303);
});

// Security: links
Deno.test("a link's page and its errors send no referrer, and neither the log nor a header has the token", async () => {
  const site = await startApp();
  const path = await makeLink(site);
  const token = path.slice(paths.link("").length);
  const here = site.browser();

  const answers = [
    await here.get(path),
    await here.get(paths.link("t".repeat(43))),
    await here.get(path, { Host: "evil.example" }),
    await here.request(path, { method: "DELETE" }),
    await here.get(`${path}?q=${"x".repeat(9_000)}`),
    await here.post(path, FIELDS),
    await here.post(path, FIELDS, { Origin: "https://evil.example" }),
    await here.post(path, FIELDS, { "Content-Type": "text/plain" }),
    await here.post(path, { new_password: "x".repeat(17_000) }),
    await here.get(path.toUpperCase().replace(token.toUpperCase(), token), { Host: "evil.example" }),
  ];
  assert.deepEqual(answers.map(({ status }) => status), [200, 404, 421, 405, 414, 403, 403, 415, 413, 421]);
  const used = await here.submit(path, FIELDS);
  const again = await makeLink(site);
  site.db.$client.close();
  assert.equal((await here.get(again)).status, 500);

  for (const { headers, status } of [...answers.slice(0, -1), used]) {
    assert.equal(headers.get("Referrer-Policy"), "no-referrer", `${status}`);
    assert.equal(JSON.stringify([...headers]).includes(token), false);
  }
  assert.match(site.log.join("\n"), /"path":"\/links\/…"/);
  assert.match(
    site.log.join("\n"),
    /"event":"authn_password_change","request_id":"[^"]+","ip":"46\.16\.60\.1","user":"[^"]+","by":"link","closed":0/,
  );
  assert.doesNotMatch(site.log.join("\n"), new RegExp(`${token}|${again.slice(paths.link("").length)}`));
});

Deno.test("a link's page speaks the browser's language", async () => {
  const site = await startApp();
  const path = await makeLink(site);
  const title = async (language: string) =>
    (await site.browser().get(path, { "Accept-Language": language })).$("h1").text();

  assert.deepEqual([await title("en"), await title("es"), await title("ca")], [
    "Set your password",
    "Elige tu contraseña",
    "Tria la teva contrasenya",
  ]);
});

// Security: links
Deno.test("a browser that sends Origin: null with Sec-Fetch-Site: same-origin, because of no-referrer, can use a link", async () => {
  const site = await startApp();
  const path = await makeLink(site);

  const answer = await site.browser("46.16.60.9", FIREFOX).submit(path, FIELDS, {
    Origin: "null",
    "Sec-Fetch-Site": "same-origin",
  });

  assert.equal(answer.status, 303);
});

// ASVS 6.3.1
Deno.test("a link lets an owner in whose account is locked to strangers", async () => {
  const site = await startApp();
  for (let i = 0; i < 26; i++) await site.browser(`198.51.100.${i}`).signIn(EMAIL, "not the password at all");
  const here = site.browser("203.0.113.7");
  assert.equal((await here.signIn()).status, 429);

  await here.submit(await makeLink(site), FIELDS);

  assert.equal(await site.db.$count(connections, isNull(connections.closedAt)), 0);
  site.clock.now += HOUR / 60;
  assert.equal((await here.signIn(EMAIL, NEW)).status, 303);
});

/** Returns a new link's path. */
async function makeLink({ db, clock }: TestApp): Promise<string> {
  return paths.link(await addLink(db, (await findUser(db, EMAIL))!, "password", clock.now));
}
