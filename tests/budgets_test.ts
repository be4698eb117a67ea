import assert from "node:assert/strict";
import fc from "fast-check";
import { openDatabase } from "../db/database.ts";
import { reserveAttempt } from "../db/limits.ts";
import { limits } from "../db/schema.ts";
import { DAY, EMAIL, HOUR, MINUTE, START, startApp } from "./app.ts";
import { WRONG } from "./elsewhere.ts";
import { guessFrom } from "./verbs.ts";

// ASVS 6.3.1, 6.1.1
Deno.test("a browser, a known network and strangers have budgets that nobody else uses up", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(attempt, { minLength: 200, maxLength: 300, size: "max" }), async (attempts) => {
      const db = await openDatabase(":memory:");
      const model = createBudgets();
      let now = START;
      for (const [i, { kind, pause }] of attempts.entries()) {
        now += pause;
        const standing = kind === "browser" ? { kind, id: "a known one" } : { kind };
        // Each from its own address.
        const guess = guessFrom(`198.${i >> 8}.${i & 255}.1`, { email: EMAIL, standing });
        const outcome = await reserveAttempt(db, guess, now);

        assert.equal("runs" in outcome, model[kind](now), `attempt ${i}, ${kind}`);
      }
      db.$client.close();
    }),
    { numRuns: 10, endOnFailure: true },
  );
});

// Security: DoS
Deno.test("counters of made-up accounts are bounded, however many are tried", async () => {
  const site = await startApp();
  for (let i = 0; i < 60; i++) await site.browser(`198.51.100.${i}`).signIn(`nobody-${i}@example.com`, WRONG);

  const keys = (await site.db.select().from(limits)).map(({ key }) => key).filter((key) => /^(account|run):/.test(key));

  assert.ok(keys.length > 100);
  // One of 100,000 each.
  assert.deepEqual(keys.filter((key) => !/^(account|run):unknown-\d{1,5}$/.test(key)), []);
});

type Kind = "browser" | "network" | "stranger";

const attempt: fc.Arbitrary<{ kind: Kind; pause: number }> = fc.record({
  kind: fc.oneof(
    { weight: 9, arbitrary: fc.constant<Kind>("stranger") },
    { weight: 2, arbitrary: fc.constant<Kind>("network") },
    { weight: 1, arbitrary: fc.constant<Kind>("browser") },
  ),
  pause: fc.constantFrom(0, 0, 1, MINUTE, 2 * MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR),
});

/** A plain model of the budgets, when every attempt fails: each returns whether there is one more. */
function createBudgets(): Record<Kind, (now: number) => boolean> {
  const perHour = () => {
    let [since, count] = [-Infinity, 0];
    return (now: number) => {
      if (now >= since + HOUR) [since, count] = [now, 0];
      return ++count <= 25;
    };
  };
  const [ofNetwork, ofStrangers] = [perHour(), perHour()];
  let [own, run, lockedUntil] = [0, 0, -Infinity];
  return {
    browser: () => ++own <= 10,
    network: ofNetwork,
    stranger(now) {
      if (!ofStrangers(now) || now < lockedUntil) return false;
      if (++run === 100) [run, lockedUntil] = [0, now + DAY];
      return true;
    },
  };
}
