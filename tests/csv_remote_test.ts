import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { openDatabase } from "../db/database.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, DAY, EMAIL, PASSWORD, startApp } from "./app.ts";
import { startDownload } from "./downloads.ts";
import { type Fault, startHrana } from "./hrana.ts";
import { fill } from "./long_history.ts";

const ROWS = 5_000;

Deno.test("the CSV of a remote database contains all rows, read in pieces of 2,500", async () => {
  await using site = await startSite();

  const { text } = await site.here.get(paths.csv);

  const rows = parse<Record<string, string>>(text, { columns: true });
  assert.equal(rows.length, ROWS + 1);
  assert.equal(new Set(rows.map(({ user_agent }) => user_agent)).size, ROWS + 1);
  assert.equal(site.pieces(), 3);
});

Deno.test("the next piece of a remote database's CSV is read while the current one is taken, and no more", async () => {
  await using site = await startSite();
  const second = site.nthPiece(2);
  const download = await startDownload(site, site.here);

  assert.equal(await download.readRows(), 2_500);
  await second;
  for (let i = 0; i < 20; i++) assert.equal((await site.here.get(paths.health)).status, 200);

  assert.equal(site.pieces(), 2);
  assert.equal(await download.readToItsEnd(), ROWS + 1 - 2_500);
});

// ASVS 7.4.1, Security: downloads
Deno.test("rows that were read ahead are not sent after the session's end", async () => {
  await using site = await startSite();
  const phone = site.browser("203.0.113.7");
  await phone.signIn();
  const [signedOut, expired] = [await startDownload(site, site.here), await startDownload(site, phone)];
  const second = site.nthPiece(4);
  await signedOut.readRows();
  await expired.readRows();
  await second;

  await site.here.signOut();
  assert.equal(await signedOut.readToItsFailure(), 0);
  site.clock.now += 8 * DAY;
  assert.equal(await expired.readToItsFailure(), 0);
  assert.equal(site.pieces(), 4);
});

// ASVS 7.4.1, Security: downloads
Deno.test("over a remote database a download stops within 5,000 rows of its session's end, at whichever moment that comes", async () => {
  await using site = await startSite();
  const download = await startDownload(site, site.here);
  const first = download.readRows();

  await site.here.signOut();

  assert.ok(await first <= 2_500);
  assert.ok(await download.readToItsFailure() <= 2_500);
});

// Security: downloads
Deno.test("a client that leaves stops the reading ahead and frees its slot", async () => {
  await using site = await startSite();
  const second = site.nthPiece(2);
  const download = await startDownload(site, site.here);
  await download.readRows();
  await second;

  await download.leave();

  assert.equal(site.pieces(), 2);
  assert.deepEqual(site.remote.query("select * from limits where key like 'download:%'"), []);
});

// Security: downloads
Deno.test("a piece that couldn't be read ahead is read again when it is taken", async () => {
  await using site = await startSite();
  const failed = site.nthPiece(4);
  const download = await startDownload(site, site.here);
  site.breakPieces((piece) => piece > 1 && piece <= 4 ? "error" : null);

  const rows = await download.readRows();
  await failed;

  assert.equal(rows + await download.readToItsEnd(), ROWS + 1);
});

/** An account with a long history at a fake database server, and a browser that is signed in to it. */
async function startSite() {
  const remote = await startHrana();
  const db = await openDatabase(remote.url);
  await addAccount(db, EMAIL, PASSWORD);
  const site = await startApp({ db });
  const here = site.browser();
  await here.signIn();
  await fill(db, (await findUser(db, EMAIL))!.id, ROWS);
  let pieces = 0;
  let faultOf: (piece: number) => Fault | null = () => null;
  const waiting = new Map<number, () => void>();
  remote.breakWhen((sql) => {
    if (!sql.some((text) => /^\s*select '\{"rows":.*"userAgent"/s.test(text))) return null;
    pieces++;
    waiting.get(pieces)?.();
    return faultOf(pieces);
  });
  return {
    ...site,
    remote,
    here,
    /** How many pieces of a CSV the server was asked for. */
    pieces: () => pieces,
    /** Resolves when the server is asked for that many pieces. */
    nthPiece: (n: number) => new Promise<void>((resolve) => void waiting.set(n, resolve)),
    breakPieces(choose: (piece: number) => Fault | null) {
      faultOf = choose;
    },
    async [Symbol.asyncDispose]() {
      db.$client.close();
      await remote[Symbol.asyncDispose]();
    },
  };
}
