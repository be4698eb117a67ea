import assert from "node:assert/strict";
import { load } from "cheerio";
import { eq } from "drizzle-orm";
import { connections, users } from "../db/schema.ts";
import { paths, withQuery } from "../http/paths.ts";
import { DAY, EMAIL, HOUR, HTMX, MINUTE, PASSWORD, signedIn, START, startApp } from "./app.ts";

const FILE = withQuery(paths.csv, { for: "spreadsheet" });

Deno.test("the file for spreadsheets has a byte order mark, headings in words, and local times with their zone", async () => {
  const { browser } = await startApp();
  const here = browser();
  await here.signIn(EMAIL, PASSWORD, { time_zone: "Europe/Madrid" });

  const { status, headers, text } = await here.get(FILE);

  assert.equal(status, 200);
  assert.equal(headers.get("Content-Type"), "text/csv; charset=utf-8");
  const [head, first] = text.split("\r\n");
  // Response.text() takes the byte order mark away: the test below looks at the bytes.
  assert.match(head ?? "", /^Opened \(Europe\/Madrid\),Last seen \(Europe\/Madrid\),Closed \(Europe\/Madrid\),State,/);
  assert.match(first ?? "", /^2026-11-23 15:04:00,2026-11-23 15:04:00,,Open,,46\.16\.60\.1,Spain,Firefox on Linux,/);
});

Deno.test("the file for spreadsheets begins with the bytes of the mark, and the one for programs doesn't", async () => {
  const { app, here } = await signedIn();
  const beginning = async (path: string) => {
    const headers = { Cookie: `session=${here.cookies.get("session")}`, Host: "127.0.0.1:8000" };
    const response = await app.fetch(new Request(`http://127.0.0.1:8000${path}`, { headers }), {});
    return [...new Uint8Array(await response.arrayBuffer()).slice(0, 3)];
  };

  assert.deepEqual(await beginning(FILE), [0xef, 0xbb, 0xbf]);
  assert.deepEqual(await beginning(paths.csv), [..."ope"].map((letter) => letter.charCodeAt(0)));
});

Deno.test("where numbers have a decimal comma, fields are separated by semicolons, and every word is in the language", async () => {
  const { here, db } = await signedIn();
  await db.update(users).set({ language: "es" });
  await db.update(connections).set({ closedAt: START + HOUR, endReason: "signed_out", unusual: "new_country" })
    .where(eq(connections.ip, "203.0.113.7"));

  const { text } = await here.get(FILE);

  const [head, first] = text.split("\r\n").map((line) => line.split(";"));
  assert.deepEqual(head?.slice(0, 7), [
    "Apertura (UTC)",
    "Última actividad (UTC)",
    "Cierre (UTC)",
    "Estado",
    "Cómo terminó",
    "Dirección IP",
    "País",
  ]);
  assert.deepEqual(first?.slice(3, 8), ["Abierta", "", "46.16.60.1", "España", "Firefox en Linux"]);
});

Deno.test("each row of the file for spreadsheets has a value for each heading", async () => {
  const { here, browser, clock } = await signedIn();
  clock.now += MINUTE;
  await browser("203.0.113.9").signIn(EMAIL, "not the password at all");
  clock.now += 10 * MINUTE;

  const lines = (await here.get(FILE)).text.trimEnd().split("\r\n");

  // User-Agents are quoted, and contain no comma here.
  assert.deepEqual(new Set(lines.map((line) => line.split(",").length)), new Set([17]));
  assert.match(lines[1] ?? "", /Refused,Wrong password,203\.0\.113\.9,Unknown country/);
});

Deno.test("two times in the hour that came twice don't read alike in the file for spreadsheets", async () => {
  const { here, db } = await signedIn();
  await db.update(users).set({ timeZone: "Europe/Madrid" });
  const opened = async (at: number) => {
    await db.update(connections).set({ openedAt: at, lastSeenAt: at + 1000 });
    return (await here.get(FILE)).text.split("\r\n")[1]?.split(",")[0];
  };

  assert.equal(await opened(Date.UTC(2026, 9, 25, 0, 5)), "2026-10-25 02:05:00 +02:00");
  assert.equal(await opened(Date.UTC(2026, 9, 25, 1, 5)), "2026-10-25 02:05:00 +01:00");
  assert.equal(await opened(Date.UTC(2026, 9, 25, 2, 5)), "2026-10-25 03:05:00");
});

// ASVS 1.2.10
Deno.test("no field of the file for spreadsheets is a formula", async () => {
  const { browser } = await startApp();
  const hostile = browser("46.16.60.1", '=HYPERLINK("https://evil.example";"x")/1.0');
  await hostile.signIn();

  const { text } = await hostile.get(FILE);

  assert.match(text, /"'=HYPERLINK/);
});

Deno.test("the page links to both files, with its filters", async () => {
  const { here } = await signedIn();

  const { $ } = await here.get(`${paths.connections}?state=open&country=ES`);

  const links = $(".downloads a").toArray().map((link) => $(link).attr("href"));
  assert.deepEqual(links, [
    `${paths.csv}?state=open&country=ES`,
    `${paths.csv}?state=open&country=ES&for=spreadsheet`,
  ]);
});

Deno.test("another value of for is refused with a sentence", async () => {
  const { here } = await signedIn();

  const { status, text } = await here.get(withQuery(paths.csv, { for: "printing" }));

  assert.equal(status, 400);
  assert.equal(text, '"for" must be spreadsheet, or left out\n');
});

/** Converts a file as LibreOffice in a Spanish locale opens it; each cell with its type. */
async function openInLibreOffice(
  bytes: Uint8Array,
  separator: string,
): Promise<{ type: string; text: string; isFormula: boolean }[][]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/history.csv`, bytes);
    // Separator, quotes, UTF-8, first line, columns, Spanish, no text for quoted, detect dates.
    const filter = `CSV:${separator.charCodeAt(0)},34,76,1,,3082,false,true`;
    const { success } = await new Deno.Command("soffice", {
      args: [
        `-env:UserInstallation=file://${folder}/profile`,
        "--headless",
        `--infilter=${filter}`,
        "--convert-to",
        "fods",
        "--outdir",
        folder,
        `${folder}/history.csv`,
      ],
      stdout: "null",
      stderr: "null",
    }).output();
    assert.ok(success);
    const $ = load(await Deno.readTextFile(`${folder}/history.fods`), { xml: true });
    return $("table\\:table-row").toArray().map((row) =>
      $(row).find("table\\:table-cell").toArray().map((cell) => ({
        type: $(cell).attr("office:value-type") ?? "",
        text: $(cell).text().trim(),
        isFormula: $(cell).attr("table:formula") !== undefined,
      }))
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const hasLibreOffice = await new Deno.Command("soffice", { args: ["--version"], stdout: "null", stderr: "null" })
  .output()
  .then(({ success }) => success, () => false);

Deno.test({
  name:
    "LibreOffice in a Spanish locale reads the times of the file for spreadsheets as dates, and no cell as a formula",
  ignore: !hasLibreOffice,
  async fn() {
    const { app, here, db, clock } = await signedIn();
    await db.update(users).set({ language: "es", timeZone: "Europe/Madrid" });
    clock.now += DAY;
    await here.get(paths.connections, HTMX);
    const read = async (path: string) => {
      const headers = { Cookie: `session=${here.cookies.get("session")}`, Host: "127.0.0.1:8000" };
      const response = await app.fetch(new Request(`http://127.0.0.1:8000${path}`, { headers }), {});
      return new Uint8Array(await response.arrayBuffer());
    };

    const people = await openInLibreOffice(await read(FILE), ";");
    const programs = await openInLibreOffice(await read(paths.csv), ",");

    assert.deepEqual(people[0]?.slice(0, 2).map(({ text }) => text), [
      "Apertura (Europe/Madrid)",
      "Última actividad (Europe/Madrid)",
    ]);
    assert.deepEqual(people[1]?.slice(0, 2).map(({ type }) => type), ["date", "date"]);
    assert.equal(people[1]?.[6]?.text, "España");
    assert.equal(programs[0]?.[0]?.text, "opened_at");
    assert.equal(programs[1]?.[5]?.text, "46.16.60.1");
    assert.deepEqual([...people, ...programs].flat().filter(({ isFormula }) => isFormula), []);
  },
});
