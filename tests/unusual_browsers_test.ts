import assert from "node:assert/strict";
import { findUser, resetPassword } from "../db/users.ts";
import { browsers, browserUsers, known } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import {
  addAccount,
  type Browser,
  CHEAP,
  DAY,
  EMAIL,
  FIREFOX,
  MINUTE,
  PASSWORD,
  startApp,
  type TestApp,
} from "./app.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { CHROME, connectionFrom, countryOf, GIRONA, MADRID, NOWHERE, PARIS, unusualOf, WRONG } from "./elsewhere.ts";

const JOAN = "joan@example.com";
const NEW_PASSWORD = "a much better password than before";

// Security: known browsers
Deno.test("a sign-in from a new network is unusual with an odd User-Agent too, or none, and teaches nothing", async () => {
  const { browser, db, clock } = await startAtHome();
  const signInWith = async (userAgent: string) => {
    clock.now += DAY;
    await browser(GIRONA, userAgent).signIn();
  };
  const before = await knownIn(db);

  await signInWith("");
  await signInWith("Mozilla/5.0");
  await signInWith("Mozilla/5.0 (X11; FreeBSD amd64; rv:145.0) Gecko/20100101 Firefox/145.0");
  await signInWith("WPScan v3.8.28 (https://wpscan.com/wordpress-security-scanner)");
  await signInWith(CHROME);

  assert.deepEqual(await unusualOf(db), [null, ...Array(5).fill("new_network_and_device")]);
  assert.deepEqual(await knownIn(db), before);
});

// Security: known browsers
Deno.test("a known browser is no new device after an update, or with another User-Agent", async () => {
  const { home, browser, db, clock } = await startAtHome();
  const signInWith = async (userAgent: string) => {
    clock.now += DAY;
    const updated = browser(GIRONA, userAgent);
    updated.cookies.set("browser", home.cookies.get("browser")!);
    await updated.signIn();
  };

  await signInWith(FIREFOX.replaceAll("145.0", "146.0"));
  await signInWith(CHROME);
  await signInWith("");

  assert.deepEqual(await unusualOf(db), [null, null, null, null]);
  assert.equal(await db.$count(browsers), 1);
});

// Security: known browsers
Deno.test("refused sign-ins make no sign-in unusual in a known browser on a known network", async () => {
  const { home, browser, db, clock } = await startAtHome();
  const refuseThree = async () => {
    clock.now += DAY;
    for (let i = 0; i < 3; i++) await browser(NOWHERE).signIn(EMAIL, WRONG);
    clock.now += MINUTE;
  };

  await refuseThree();
  await home.signOut();
  await home.signIn();
  await refuseThree();
  await browser(MADRID).signIn();

  assert.deepEqual(await unusualOf(db), [null, null, "after_refusals"]);
});

// Security: known browsers
Deno.test("another member's browser is a stranger's, whatever its User-Agent", async () => {
  const { browser, db, clock } = await startAtHome();
  await addAccount(db, JOAN, PASSWORD);
  const joan = browser(GIRONA);
  await joan.signIn(JOAN);
  await joan.signOut();

  clock.now += DAY;
  await joan.signIn(EMAIL, PASSWORD);

  assert.deepEqual(await unusualOf(db), [null, null, "new_network_and_device"]);
  assert.equal(await db.$count(browsers), 2, "the cookie is of one browser, for any number of accounts");
});

// Security: known browsers
Deno.test('an unusual sign-in teaches nothing until its owner says "This was me"', async () => {
  const { home, browser, db, clock } = await startAtHome();
  clock.now += DAY;
  const away = browser(PARIS, CHROME);
  await away.signIn();
  await away.signOut();
  clock.now += MINUTE;
  await away.signIn();
  const { id } = (await db.query.connections.findMany()).find(({ ip, closedAt }) => ip === PARIS && closedAt === null)!;

  await home.submit(paths.review(id), { verdict: "me", password: PASSWORD });
  await away.signOut();
  clock.now += MINUTE;
  await away.signIn();

  assert.deepEqual(await unusualOf(db), [null, AWAY, AWAY, null]);
  assert.equal(await db.$count(browserUsers), 2);
});

// Security: known browsers
Deno.test("a new password forgets every known browser but the current one", async () => {
  const site = await startAtHome();
  const { home, db, clock } = site;
  const laptop = await knownBrowser(site);
  assert.equal(await db.$count(browserUsers), 2);

  const fields = { current_password: PASSWORD, new_password: NEW_PASSWORD, new_password_again: NEW_PASSWORD };
  assert.equal((await home.submit(paths.password, fields)).status, 303);
  clock.now += DAY;
  await laptop.signIn(EMAIL, NEW_PASSWORD);
  clock.now += MINUTE;
  await home.signOut();
  await home.signIn(EMAIL, NEW_PASSWORD);

  assert.deepEqual(await unusualOf(db), [null, null, "new_network_and_device", null]);
  assert.equal(await db.$count(browserUsers), 1);
});

// Security: known browsers
Deno.test('"Not me" forgets every known browser but the current one', async () => {
  const site = await startAtHome();
  const { home, browser, db, clock } = site;
  const laptop = await knownBrowser(site);
  clock.now += MINUTE;
  await browser(PARIS, CHROME).signIn();

  await home.submit(paths.review((await connectionFrom(db, PARIS)).id), { verdict: "not_me", password: PASSWORD });
  clock.now += DAY;
  await laptop.signIn();

  assert.deepEqual(await unusualOf(db), [null, null, AWAY, "new_network_and_device"]);
  assert.equal(await db.$count(browserUsers), 1);
});

// Security: known browsers
Deno.test("the operator's new password forgets every known browser", async () => {
  const { db, clock, home } = await startAtHome();
  const user = (await findUser(db, EMAIL))!;

  await resetPassword(db, user, (await createPasswords(CHEAP).hash(NEW_PASSWORD))!, clock.now);

  assert.equal(await db.$count(browserUsers), 0);
  clock.now += DAY;
  await home.signIn(EMAIL, NEW_PASSWORD);
  assert.equal(await db.$count(browserUsers), 1, "known again after a sign-in from a known network");
});

// Security: known browsers
// ASVS 3.3
Deno.test("the browser's cookie opens nothing, lasts 400 days, and only its hash is stored", async () => {
  const { browser, db } = await startApp({ origin: new URL("https://panel.example") });
  const here = browser();
  const answer = await here.signIn();
  const cookie = answer.headers.getSetCookie().find((text) => text.startsWith("__Host-browser="));

  assert.match(
    cookie ?? "",
    /^__Host-browser=[\w-]{22}\.[\w-]{43}; Max-Age=34560000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  const value = here.cookies.get("__Host-browser")!;
  assert.equal(JSON.stringify(await db.select().from(browsers)).includes(value.split(".")[1]!), false);
  here.cookies.delete("__Host-session");
  assert.equal(await here.isIn(), false);
  here.cookies.set("__Host-session", value);
  assert.equal(await here.isIn(), false);
  await here.signIn();
  assert.equal(here.cookies.get("__Host-browser"), value, "a known browser keeps its cookie");
});

// Security: known browsers
Deno.test("a planted or damaged browser cookie is never adopted: the sign-in gets a new one", async () => {
  const { home, browser, db, clock } = await startAtHome();
  const [id, secret] = home.cookies.get("browser")!.split(".") as [string, string];
  const signInWith = async (cookie: string) => {
    clock.now += DAY;
    const other = browser(GIRONA, CHROME);
    other.cookies.set("browser", cookie);
    await other.signIn();
    return other.cookies.get("browser") ?? "";
  };

  const planted = await signInWith(`${"A".repeat(22)}.${"B".repeat(43)}`);
  const wrongSecret = await signInWith(`${id}.${secret.split("").reverse().join("")}`);
  const damaged = await signInWith(`${id}.`);
  const empty = await signInWith("");

  for (const cookie of [planted, wrongSecret, damaged, empty]) {
    assert.match(cookie, /^[\w-]{22}\.[\w-]{43}$/);
    assert.notEqual(cookie.split(".")[0], id);
    assert.notEqual(cookie.split(".")[0], "A".repeat(22));
  }
  assert.deepEqual(await unusualOf(db), [null, ...Array(4).fill("new_network_and_device")]);
});

const AWAY = "new_country new_network_and_device";

/** An account that knows its country, one network, and the browser `home` that is signed in. */
async function startAtHome() {
  const site = await startApp({ countryOf });
  const home = site.browser(MADRID);
  await home.signIn();
  return { ...site, home };
}

/** Another browser, at Girona, that the account knows since it signed in on the known network. */
async function knownBrowser({ browser }: TestApp): Promise<Browser> {
  const atHome = browser(MADRID);
  await atHome.signIn();
  const elsewhere = browser(GIRONA);
  elsewhere.cookies.set("browser", atHome.cookies.get("browser")!);
  return elsewhere;
}

async function knownIn(db: TestApp["db"]): Promise<string[]> {
  return (await db.select().from(known)).map(({ kind, value }) => `${kind} ${value}`).sort();
}
