import assert from "node:assert/strict";
import { eq, ne, sql } from "drizzle-orm";
import fc from "fast-check";
import { readAddress } from "../../visitor/addresses.ts";
import { connections, limits, places, refusals } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { type Browser, EMAIL, HTMX, PASSWORD, signedIn, START } from "../app.ts";
import { assertHarmless, shapeOf } from "./page.ts";
import { hostile, inHeader, RUNS } from "./strings.ts";

// Security: escaping, no 5xx
Deno.test("a hostile User-Agent or X-Forwarded-For changes only texts of the pages that show it", async () => {
  const { here, browser, db } = await signedIn({ trustedProxies: ["10.0.0.1"] });

  await fc.assert(
    fc.asyncProperty(inHeader, inHeader, async (userAgent, forwardedFor) => {
      await db.delete(limits);
      const there = browser("10.0.0.1");
      const headers = { "User-Agent": userAgent, "X-Forwarded-For": forwardedFor };
      const wrong = await there.submit(paths.signIn, { email: EMAIL, password: "not it" }, headers);
      const right = await there.submit(paths.signIn, { email: EMAIL, password: PASSWORD }, headers);
      const [row] = await db.select().from(connections).where(ne(connections.ip, "46.16.60.1"));
      const shown = await shapesOf(here, row!.id);

      // The same row from a harmless browser.
      const plain = { userAgent: "plain/1.0", device: "plain" };
      await db.update(connections).set(plain).where(eq(connections.id, row!.id));
      await db.update(refusals).set(plain);
      const twins = await shapesOf(here, row!.id);
      await db.delete(connections).where(eq(connections.id, row!.id));
      await db.delete(refusals);

      assert.deepEqual([wrong.status, right.status], [422, 303]);
      assert.equal(readAddress(row!.ip)?.ip, row!.ip);
      assert.deepEqual(shown, twins);
    }),
    { numRuns: RUNS },
  );
});

// Security: escaping, no 5xx
Deno.test("the history and the dialogs show a row's hostile values as text", async () => {
  const { here, browser, db } = await signedIn();
  await browser("203.0.113.2").signIn(EMAIL, "not the password at all");
  await browser("203.0.113.1").signIn();
  const { id } = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!;
  await assertShownAsText(here, id, store);

  async function store(seen: Seen) {
    await db.update(connections).set(seen).where(eq(connections.id, id));
    // Another attempt, so that the cached countries are read again.
    await db.update(refusals).set({ ...seen, attempts: sql`attempts + 1` });
  }
});

// Security: escaping, no 5xx
Deno.test("the history and the details show the hostile values of a place as text", async () => {
  const { here, browser, db } = await signedIn();
  await browser("203.0.113.1").signIn();
  const { id, userId } = (await db.select().from(connections)).find(({ ip }) => ip === "203.0.113.1")!;
  const times = { openedAt: START, firstAt: START, lastAt: START };
  const flags = { isFirstIp: true, isFirstNetwork: true, isFirstCountry: true, isFirstDevice: true };

  await assertShownAsText(here, id, store);

  async function store(seen: Seen) {
    await db.delete(places);
    await db.insert(places).values({ ...times, ...flags, ...seen, id: "place", connectionId: id, userId, client: "x" });
    await db.update(connections).set({ place: "place" }).where(eq(connections.id, id));
  }
});

type Seen = Pick<typeof connections.$inferSelect, "userAgent" | "device" | "countryCode" | "ip" | "network">;

/** Stores hostile values and harmless ones, and expects pages of the same shape. */
async function assertShownAsText(here: Browser, id: string, store: (seen: Seen) => Promise<void>): Promise<void> {
  const text = hostile.map((text) => text.toWellFormed());
  const seen = fc.record({ userAgent: text, device: text, countryCode: text, ip: text, network: text });

  await fc.assert(
    fc.asyncProperty(seen, async (seen) => {
      await store(seen);
      const shown = await shapesOf(here, id);
      // A long address may break after a colon; a flag is shown for two capital letters.
      const ip = seen.ip.replace(/[^:]/g, "1");
      const countryCode = /^[A-Z]{2}$/.test(seen.countryCode) ? "ES" : "es";
      await store({ userAgent: "plain/1.0", device: "plain", countryCode, ip, network: "" });

      assert.deepEqual(shown, await shapesOf(here, id));
    }),
    { numRuns: RUNS },
  );
}

/** The shape of each page and fragment that shows the connection. */
async function shapesOf(here: Browser, id: string): Promise<string[]> {
  const showing = [paths.connections, paths.details(id), paths.review(id), paths.closeOne(id), paths.closeAll];
  const requests = showing.flatMap((path) => [here.get(path), here.get(path, HTMX)]);
  return (await Promise.all(requests)).map((answer) => {
    assertHarmless(answer);
    assert.equal(answer.status, 200);
    return shapeOf(answer.text);
  });
}
