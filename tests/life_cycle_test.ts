import fc from "fast-check";
import { VERDICTS } from "../db/schema.ts";
import { DAY, HOUR, MINUTE } from "./app.ts";
import { startLife, type Step } from "./life.ts";

const SECOND = 1_000;

const who = fc.nat({ max: 5 });
const byOwner = { who, which: fc.nat(), isRight: mostly(true), isLost: mostly(false) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant("signIn" as const), who, isRight: mostly(true) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("signOut", "closeAll", "closeOne", "closeOne", "changePassword"),
      ...byOwner,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("review" as const), verdict: fc.constantFrom(...VERDICTS), ...byOwner }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("guess" as const), who, times: fc.constantFrom(1, 5, 10) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("move" as const), who, where: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("arrive" as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("operatorCloses", "operatorSetsPassword"),
      account: fc.nat({ max: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "operatorClosesAll" as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      // Mostly beyond a recent password; also beyond a former secret's grace, a lost answer's day, the idle limit and the longest lifetime; and back.
      milliseconds: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(6 * MINUTE, HOUR) },
        { weight: 2, arbitrary: fc.constantFrom(5 * SECOND, 11 * SECOND, 25 * HOUR, -MINUTE) },
        { weight: 1, arbitrary: fc.constantFrom(3 * DAY, 8 * DAY, 31 * DAY, -DAY) },
      ),
    }),
  },
);

/** Everybody signs in, too long ago for a confirmation without the password. */
const beginning: Step[] = [
  ...[0, 1, 2, 3, 4, 5].map((who) => ({ do: "signIn" as const, who, isRight: true })),
  { do: "wait", milliseconds: 6 * MINUTE },
];

// ASVS 7.4.1
// Security: invariant
Deno.test("a browser gets in if and only if the history shows its connection open, whatever happened before", async () => {
  await assertInvariant("embedded", 25);
});

// Security: invariant, guesses
Deno.test("the same over a remote database, where pages are asked for before the session is known", async () => {
  await assertInvariant("remote", 6);
});

async function assertInvariant(kind: "embedded" | "remote", numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
      await using life = await startLife(kind);
      for (const each of beginning) await life.take(each);
      for (const each of steps) {
        await life.take(each);
        await life.assertInvariant();
      }
    }),
    { numRuns },
  );
}

function mostly(value: boolean): fc.Arbitrary<boolean> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constant(!value) });
}
