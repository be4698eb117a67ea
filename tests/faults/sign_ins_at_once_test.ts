import assert from "node:assert/strict";
import { argon2id } from "../../credentials/argon2id.ts";
import { createPasswords } from "../../credentials/passwords.ts";
import { openDatabase } from "../../db/database.ts";
import { addUser } from "../../db/users.ts";
import { paths } from "../../http/paths.ts";
import { CHEAP, PASSWORD, START, startApp } from "../app.ts";
import { startHrana } from "../hrana.ts";
import { report } from "./report.ts";

const SIGN_INS = 200;
/** Milliseconds, each way, and of a hash. */
const LATENCY = 40;
const HASH = 50;
/** Each so many writes meet another one's lock. */
const BUSY = 7;
const CSRF = "A".repeat(22);

// Security: DoS
Deno.test("of 200 sign-ins at once over two instances exactly the acknowledged ones opened, with two writes for each hash", async () => {
  await using remote = await startHrana({ latency: LATENCY });
  let hashes = 0;
  const passwords = () =>
    createPasswords(CHEAP, async (password, salt, cost) => {
      hashes++;
      await new Promise((resolve) => setTimeout(resolve, HASH));
      return await argon2id(password, salt, cost);
    });
  const hash = (await createPasswords(CHEAP).hash(PASSWORD))!;
  const databases = [await openDatabase(remote.url), await openDatabase(remote.url)];
  await Promise.all(Array.from({ length: SIGN_INS }, (_, i) => addUser(databases[0]!, emailOf(i), hash, START)));
  const instances = await Promise.all(databases.map((db) => startApp({ db, passwords: passwords() })));
  const browsers = Array.from({ length: SIGN_INS }, (_, i) => {
    const browser = instances[i % instances.length]!.browser(`198.51.100.${i}`);
    browser.cookies.set("form", CSRF);
    return { browser, fields: { csrf: CSRF, email: emailOf(i), password: PASSWORD } };
  });
  let writes = 0;
  let busy = 0;
  remote.breakWhen((sql) => {
    const opens = sql.some((text) => /insert into "sessions"/.test(text));
    const counts = sql.some((text) => /^\s*(select .* from|update) "limits"/.test(text));
    if (!opens && !counts) return null;
    const isBusy = (writes + busy) % BUSY === BUSY - 1;
    if (isBusy) busy++;
    else writes++;
    return isBusy ? "busy" : null;
  });

  const start = performance.now();
  const statuses = await Promise.all(browsers.map(async ({ browser, fields }) => {
    return (await browser.post(paths.signIn, fields)).status;
  }));
  const seconds = (performance.now() - start) / 1000;
  remote.heal();

  const acknowledged = browsers.filter((_, i) => statuses[i] === 303);
  const told = acknowledged.map(({ browser }) => browser.cookies.get("session")!.split(".")[0]);
  const open = remote.query(`select s.id from sessions s join connections c on c.id = s.connection_id
    where c.closed_at is null`);
  report("exactly the acknowledged ones opened, with two writes for each hash", "200 sign-ins at once, two instances", {
    acknowledged: told.length,
    hashes,
    writes,
    "met a lock": busy,
    seconds: seconds.toFixed(1),
  });
  assert.deepEqual(open.map(({ id }) => id).sort(), told.sort());
  assert.deepEqual([...new Set(statuses)].sort(), [303, 503]);
  assert.ok(acknowledged.length >= 17, `${acknowledged.length} acknowledged`);
  assert.ok(busy > 0);
  assert.ok(writes <= 2 * hashes, `${writes} writes for ${hashes} hashes`);
  for (const db of databases) db.$client.close();
});

function emailOf(i: number): string {
  return `owner-${i}@example.com`;
}
