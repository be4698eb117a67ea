import assert from "node:assert/strict";
import { like } from "drizzle-orm";
import { type Db, openDatabase } from "../db/database.ts";
import { limits } from "../db/schema.ts";
import { findUser, resetPassword } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, DAY, EMAIL, MINUTE, PASSWORD, signedIn, startApp, type TestApp } from "./app.ts";
import { requestOf, startDownload } from "./downloads.ts";
import { fill } from "./long_history.ts";
import { makeFolder } from "./processes.ts";

// ASVS 7.4.1, Security: downloads
Deno.test("a download stops within 1,000 rows of signing out", async () => {
  const { here, ...site } = await signedIn();
  await fill(site.db, (await findUser(site.db, EMAIL))!.id, 5_000);
  const download = await startDownload(site, here);
  const before = await download.readRows();

  await here.signOut();

  assert.ok(before > 0 && before <= 500);
  assert.ok(await download.readToItsFailure() <= 1_000);
  assert.deepEqual(await slotsOf(site.db), []);
});

// ASVS 7.4.1, Security: downloads
Deno.test("a download stops when another browser closes its connection, or when that expires", async () => {
  const { here, clock, ...site } = await signedIn();
  await fill(site.db, (await findUser(site.db, EMAIL))!.id, 5_000);
  const [phone, there] = [site.browser("203.0.113.7"), site.browser("203.0.113.9")];
  await phone.signIn();
  const closed = await startDownload(site, phone);
  await closed.readRows();
  await here.submit(paths.closeAll);
  await there.signIn();
  const expired = await startDownload(site, there);
  await expired.readRows();

  assert.ok(await closed.readToItsFailure() <= 1_000);
  clock.now += 8 * DAY;
  assert.ok(await expired.readToItsFailure() <= 1_000);
});

// ASVS 7.4.1, Security: downloads
Deno.test("a download stops when the operator sets a new password at another instance", async () => {
  await using folder = await makeFolder();
  const [one, two] = await startTwo(folder.path);
  const here = one.browser();
  await here.signIn();
  const user = (await findUser(two.db, EMAIL))!;
  await fill(one.db, user.id, 5_000);
  const download = await startDownload(one, here);
  await download.readRows();

  await resetPassword(two.db, user, user.passwordHash, two.clock.now);

  assert.ok(await download.readToItsFailure() <= 1_000);
  for (const { db } of [one, two]) db.$client.close();
});

// Security: downloads
Deno.test("the third download of an account at once gets 429 and a sentence, at every instance", async () => {
  await using folder = await makeFolder();
  const [one, two] = await startTwo(folder.path);
  const [here, phone] = [one.browser(), two.browser()];
  await here.signIn();
  await phone.signIn();
  await fill(one.db, (await findUser(one.db, EMAIL))!.id, 2_000);
  const first = await startDownload(one, here);
  await startDownload(two, phone);

  const third = await here.get(paths.csv);
  const spanish = await phone.get(paths.csv, { "Accept-Language": "es" });
  const others = await joansDownload(two);

  assert.deepEqual([third.status, spanish.status, others.status], [429, 429, 200]);
  assert.equal(third.headers.get("Retry-After"), "60");
  assert.match(third.headers.get("Content-Type") ?? "", /^text\/plain/);
  assert.equal(third.headers.get("Content-Disposition"), null);
  assert.equal(
    third.text,
    "Two downloads of your history are running already. Wait until one has finished, then try again.\n",
  );
  assert.match(spanish.text, /^Ya hay dos descargas/);
  assert.equal(await first.readToItsEnd(), 2_002, "the running one is not disturbed");
  assert.equal((await phone.get(paths.csv)).status, 200, "once it has ended");
  for (const { db } of [one, two]) db.$client.close();
});

// Security: downloads
Deno.test("of ten downloads that start at once, two begin", async () => {
  const { here, app, db } = await signedIn();
  await fill(db, (await findUser(db, EMAIL))!.id, 2_000);

  const responses = await Promise.all(Array.from({ length: 10 }, () => app.fetch(requestOf(here))));

  assert.deepEqual(responses.map(({ status }) => status).sort(), [200, 200, ...Array(8).fill(429)]);
});

// Security: downloads
Deno.test("a reader that leaves frees its slot, and a HEAD request takes none", async () => {
  const { here, ...site } = await signedIn();
  await fill(site.db, (await findUser(site.db, EMAIL))!.id, 2_000);
  const [first, second] = [await startDownload(site, here), await startDownload(site, here)];
  await first.readRows();

  assert.equal((await here.request(paths.csv, { method: "HEAD" })).status, 200);
  assert.equal((await slotsOf(site.db)).length, 2);
  await first.leave();
  await second.leave();

  assert.deepEqual(await slotsOf(site.db), []);
  assert.equal((await here.request(paths.csv, { method: "HEAD" })).status, 200);
  assert.deepEqual(await slotsOf(site.db), []);
});

// Security: downloads
Deno.test("the slot of a killed process is free after a minute, and a running download keeps its own for longer", async () => {
  const { here, clock, ...site } = await signedIn();
  await fill(site.db, (await findUser(site.db, EMAIL))!.id, 3_000);
  const running = await startDownload(site, here);
  await startDownload(site, here);
  const rows = await running.readRows();
  clock.now += MINUTE / 2;
  const more = await running.readRows();
  clock.now += MINUTE / 2;

  const third = await startDownload(site, here);
  const fourth = await here.get(paths.csv);

  assert.equal(fourth.status, 429);
  assert.equal(rows + more + await running.readToItsEnd(), 3_001);
  assert.equal(await third.readToItsEnd(), 3_001);
});

// Security: downloads
Deno.test("a download that paused for more than a minute continues, unless others took its place", async () => {
  const { here, clock, ...site } = await signedIn();
  await fill(site.db, (await findUser(site.db, EMAIL))!.id, 3_000);
  const [paused, replaced] = [await startDownload(site, here), await startDownload(site, here)];
  const rows = await paused.readRows();
  await replaced.readRows();
  clock.now += 2 * MINUTE;

  const all = rows + await paused.readToItsEnd();
  const others = [await startDownload(site, here), await startDownload(site, here)];

  assert.equal(all, 3_001);
  await assert.rejects(replaced.readToItsEnd());
  for (const other of others) assert.equal(await other.readToItsEnd(), 3_001);
  assert.deepEqual(await slotsOf(site.db), []);
});

// Security: downloads
Deno.test("a failing database ends a download and frees its slot", async () => {
  const { here, ...site } = await signedIn();
  await fill(site.db, (await findUser(site.db, EMAIL))!.id, 3_000);
  const download = await startDownload(site, here);
  await download.readRows();
  const { readText } = site.db.$client;

  site.db.$client.readText = () => Promise.reject(new Error("The disk is on fire"));
  await assert.rejects(download.readToItsEnd(), /on fire/);
  site.db.$client.readText = readText;

  await site.settled();
  assert.deepEqual(await slotsOf(site.db), []);
});

/** Two instances on one database file, with one account. */
async function startTwo(folder: string): Promise<[TestApp, TestApp]> {
  const url = `file:${folder}/connections.db`;
  const [one, two] = [
    await startApp({ db: await openDatabase(url) }),
    await startApp({ db: await openDatabase(url) }),
  ];
  await addAccount(one.db, EMAIL, PASSWORD);
  return [one, two];
}

async function joansDownload(site: TestApp) {
  await addAccount(site.db, "joan@example.com", PASSWORD);
  const joan = site.browser();
  await joan.signIn("joan@example.com");
  return await joan.get(paths.csv);
}

async function slotsOf(db: Db): Promise<string[]> {
  return (await db.select().from(limits).where(like(limits.key, "download:%"))).map(({ key }) => key);
}
