import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { addAccount, EMAIL, MINUTE, PASSWORD, startApp } from "./app.ts";
import { startHrana } from "./hrana.ts";
import { sendEach } from "./remote_requests.ts";

const DOCUMENT = new URL("../docs/scale.md", import.meta.url);
const [BEGIN, END] = ["<!-- round trips -->", "<!-- end of round trips -->"];

Deno.test("docs/scale.md has the round trips to a remote database that each request waits for", async () => {
  const table = toTable(await countAll());

  const text = await Deno.readTextFile(DOCUMENT);
  const [before = "", documented = "", after = ""] = text.split(new RegExp(`${BEGIN}|${END}`));
  if (Deno.env.get("RENEW_ROUND_TRIPS") === "1") {
    await Deno.writeTextFile(DOCUMENT, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`);
    return;
  }
  assert.deepEqual(
    cellsOf(documented),
    cellsOf(table),
    "Renew the table: RENEW_ROUND_TRIPS=1 deno test --allow-all tests/round_trips_test.ts && deno fmt docs",
  );
});

type Counted = { request: string; calls: number; inARow: number };

async function countAll(): Promise<Counted[]> {
  await using hrana = await startHrana();
  await using between = startCounter(hrana.url);
  const db = await openDatabase(between.url);
  await addAccount(db, EMAIL, PASSWORD);
  const { app, browser, clock } = await startApp({ db });
  const answer = app.fetch;
  app.fetch = async (...request) => {
    const response = await answer(...request);
    between.note();
    return response;
  };
  const counted: Counted[] = [];
  let others = 0;
  await sendEach({
    // The first is at home.
    browser: () => browser(others++ === 0 ? undefined : "46.16.60.2"),
    signIn: (each) => each.signIn(),
    passMinute: () => void (clock.now += MINUTE),
  }, async (request, send) => {
    between.restart();
    await send();
    counted.push({ request, ...between.noted() });
  });
  db.$client.close();
  return counted;
}

/** Passes calls on to a database server, and counts those of one request, and how many of them waited for another one. */
function startCounter(target: string) {
  let calls = 0;
  let inARow = 0;
  /** The depth that a call has if it begins now. */
  let depth = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    calls++;
    const own = depth + 1;
    inARow = Math.max(inARow, own);
    const { pathname } = new URL(request.url);
    const { status, headers, body } = await fetch(new URL(pathname, target), {
      method: request.method,
      headers: request.headers,
      body: await request.bytes(),
    });
    const bytes = await new Response(body).bytes();
    depth = Math.max(depth, own);
    return new Response(bytes, { status, headers });
  });
  let noted = { calls, inARow };
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    restart: () => void ([calls, inARow, depth] = [0, 0, 0]),
    /** Notes what has been counted: a request is answered, and what follows is waited for by nobody. */
    note: () => void (noted = { calls, inARow }),
    noted: () => noted,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function toTable(counted: Counted[]): string {
  const rows = counted.map(({ request, calls, inARow }) => `| ${request} | ${calls} | ${inARow} |`);
  return ["| request | calls | one after the other |", "| --- | --- | --- |", ...rows].join("\n");
}

function cellsOf(table: string): string[][] {
  const rows = table.split("\n").filter((line) => line.startsWith("|") && !/^\|[\s-]+\|/.test(line));
  return rows.map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}
