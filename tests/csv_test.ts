import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { findUser } from "../db/users.ts";
import { streamCsv } from "../routes/history/csv.ts";
import { FOR_PROGRAMS } from "../views/history/csv.ts";
import { paths, withQuery } from "../http/paths.ts";
import { DAY, EMAIL, MINUTE, PASSWORD, signedIn, START, startApp } from "./app.ts";
import { fill } from "./long_history.ts";

type Row = Record<string, string>;

/** A download that nothing stops. */
const ALLOWED = { mayContinue: () => Promise.resolve(true), end: () => {} };

const COLUMNS =
  "opened_at,last_seen_at,closed_at,state,end_reason,ip_address,country_code,country,device,user_agent,attempts,unusual,verdict,closed_from,addresses,last_ip_address,last_country_code,method";

Deno.test("GET /user/security/connections.csv contains the table's rows, newest first", async () => {
  const { browser, clock } = await startApp();
  await browser("203.0.113.9").signIn(EMAIL, "not the password at all");
  clock.now += MINUTE;
  const leaving = browser("46.16.60.1", "curl/8.14.1");
  await leaving.signIn();
  clock.now += MINUTE;
  await leaving.signOut();
  const here = browser("192.168.1.20");
  await here.signIn();

  const { status, headers, text } = await here.get(paths.csv);

  assert.equal(status, 200);
  assert.equal(headers.get("Content-Type"), "text/csv; charset=utf-8");
  assert.equal(headers.get("Content-Disposition"), 'attachment; filename="connection-history-2026-11-23.csv"');
  assert.equal(headers.get("Cache-Control"), "no-store, no-transform");
  assert.equal(text.split("\r\n")[0], COLUMNS);
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
  assert.deepEqual(parse(text).slice(1), [
    [
      "2026-11-23T14:06:00.000Z",
      "2026-11-23T14:06:00.000Z",
      "",
      "open",
      "",
      "192.168.1.20",
      "",
      "Private network",
      "Firefox on Linux",
      firefox,
      "",
      "",
      "",
      "",
      "1",
      "192.168.1.20",
      "",
      "password",
    ],
    [
      "2026-11-23T14:05:00.000Z",
      "2026-11-23T14:06:00.000Z",
      "2026-11-23T14:06:00.000Z",
      "closed",
      "signed_out",
      "46.16.60.1",
      "ES",
      "Spain",
      "curl",
      "curl/8.14.1",
      "",
      "",
      "",
      "",
      "1",
      "46.16.60.1",
      "ES",
      "password",
    ],
    [
      "2026-11-23T14:04:00.000Z",
      "2026-11-23T14:04:00.000Z",
      "",
      "refused",
      "wrong_password",
      "203.0.113.9",
      "",
      "",
      "Firefox on Linux",
      firefox,
      "1",
      "",
      "",
      "",
      "1",
      "",
      "",
      "",
    ],
  ]);
});

Deno.test("GET /user/security/connections.csv contains exactly the rows that the filter selects", async () => {
  const { browser } = await startApp();
  await browser("203.0.113.9").signIn();
  const here = browser("46.16.60.1");
  await here.signIn();
  await here.submit(paths.closeAll);

  assert.deepEqual(ips(await here.get(`${paths.csv}?state=closed`)), ["203.0.113.9"]);
  assert.deepEqual(ips(await here.get(`${paths.csv}?country=ES`)), ["46.16.60.1"]);
  assert.deepEqual(ips(await here.get(`${paths.csv}?ip=192.0.2`)), []);
  assert.deepEqual(ips(await here.get(`${paths.csv}?ip=192.0.2.1`)), []);
});

Deno.test("GET /user/security/connections.csv answers an invalid filter with 400 and says what is wrong", async () => {
  const { here } = await signedIn();

  const { status, text, headers } = await here.get(`${paths.csv}?state=ajar&from=yesterday`);

  assert.equal(status, 400);
  assert.match(headers.get("Content-Type") ?? "", /^text\/plain/);
  assert.match(
    text,
    /"State" must be open, closed, refused, unusual or unreviewed\n"From" must be a day like 2026-11-23\n/,
  );
});

Deno.test("GET /user/security/connections.csv without a session leads to sign-in, and from there to the filtered history", async () => {
  const { browser } = await startApp();
  const here = browser();

  const { status, headers } = await here.get(`${paths.csv}?state=closed`);
  const signedIn = await here.signIn(EMAIL, PASSWORD, { next: `${paths.connections}?state=closed` });

  assert.equal(status, 303);
  assert.equal(headers.get("Location"), withQuery(paths.signIn, { next: `${paths.connections}?state=closed` }));
  assert.equal(signedIn.headers.get("Location"), `${paths.connections}?state=closed`);
});

Deno.test("GET /user/security/connections.csv names the file after the day in the owner's time zone", async () => {
  const { browser, clock } = await startApp();
  clock.now = Date.parse("2026-11-23T23:30:00Z");
  const here = browser();
  await here.signIn(EMAIL, PASSWORD, { time_zone: "Europe/Madrid" });

  assert.match((await here.get(paths.csv)).headers.get("Content-Disposition") ?? "", /2026-11-24\.csv/);
});

Deno.test("the CSV contains each row of a long history once, and none that arrives meanwhile", async () => {
  const { browser, db, clock } = await signedIn();
  const user = await findUser(db, EMAIL);
  await fill(db, user!.id, 2_500);
  clock.now += DAY;

  const reader = streamCsv(db, { userId: user!.id, filter: {}, now: clock.now }, FOR_PROGRAMS, ALLOWED).getReader();
  const chunks = [await reader.read()];
  await browser("203.0.113.9").signIn();
  while (!chunks.at(-1)!.done) chunks.push(await reader.read());

  const text = chunks.map(({ value }) => new TextDecoder().decode(value)).join("");
  const rows = parse<Row>(text, { columns: true });
  assert.equal(rows.length, 2_501);
  assert.equal(new Set(rows.map(({ user_agent }) => user_agent)).size, 2_501);
  assert.equal(text.includes("203.0.113.9"), false);
});

Deno.test("the database is read no further after the client leaves, and not at all for HEAD", async () => {
  const { here, db } = await signedIn();
  const user = await findUser(db, EMAIL);
  await fill(db, user!.id, 3_000);
  let reads = 0;
  const counting = new Proxy(db, {
    get(target, key) {
      if (key === "$client") reads++;
      return Reflect.get(target, key);
    },
  });

  const reader = streamCsv(counting, { userId: user!.id, filter: {}, now: START }, FOR_PROGRAMS, ALLOWED).getReader();
  await reader.read();
  const after = reads;
  await reader.cancel();
  streamCsv(counting, { userId: user!.id, filter: {}, now: START }, FOR_PROGRAMS, ALLOWED);
  const head = await here.request(paths.csv, { method: "HEAD" });

  assert.ok(after > 0);
  assert.equal(reads, after);
  assert.equal(head.status, 200);
  assert.equal(head.text, "");
});

// ASVS 1.2.10
Deno.test("a User-Agent that is a formula is plain text in the CSV", async () => {
  const { browser } = await startApp();
  const here = browser("46.16.60.1", '=HYPERLINK("https://evil.example","Open")');
  await here.signIn();

  const [row] = parse<Row>((await here.get(paths.csv)).text, { columns: true });

  assert.equal(row?.user_agent, `'=HYPERLINK("https://evil.example","Open")`);
});

// ASVS 1.2.10
Deno.test("a User-Agent stays one field in spreadsheets that split at semicolons, and starts no formula after one", async () => {
  const { browser, clock } = await startApp();
  const usual = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
  await browser("46.16.60.1", usual).signIn();
  clock.now += MINUTE;
  const here = browser("46.16.60.1", 'x/1;=HYPERLINK("https://evil.example","Open")');
  await here.signIn();

  const [evil, bot] = parse<Row>((await here.get(paths.csv)).text, { columns: true, delimiter: [",", ";"] });

  assert.equal(evil?.user_agent, `x/1;'=HYPERLINK("https://evil.example","Open")`);
  assert.equal(bot?.user_agent, usual);
});

/** The addresses of a CSV's rows, or undefined if there is no CSV. */
function ips({ status, text }: { status: number; text: string }): string[] | undefined {
  return status === 200 ? parse<Row>(text, { columns: true }).map(({ ip_address }) => ip_address ?? "") : undefined;
}
