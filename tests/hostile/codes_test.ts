import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { hashRecoveryCode, newRecoveryCodes, readRecoveryCode } from "../../credentials/recovery_codes.ts";
import { createSecrets } from "../../credentials/secrets.ts";
import { stepOf } from "../../credentials/totp.ts";
import { limits } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { type Reply, START } from "../app.ts";
import { addAuthenticator, startWithKey } from "../second_factor.ts";
import { assertHarmless, shapeOf } from "./page.ts";
import { hostile, RUNS } from "./strings.ts";

const USE = { purpose: "authenticator form", of: "a session" };
const CSRF = "A".repeat(22);

/** A valid text with something changed, or anything. */
const near = (valid: string) =>
  fc.oneof(
    hostile,
    fc.nat(valid.length - 1).map((i) => `${valid.slice(0, i)}${valid[i] === "A" ? "B" : "A"}${valid.slice(i + 1)}`),
    fc.nat(valid.length - 1).map((length) => valid.slice(0, length)),
    fc.base64String().map((rest) => `${valid}${rest.replaceAll("=", "")}AAAA`),
  );

// ASVS 11.3.2
Deno.test("a text that was changed, cut or sealed for something else opens nothing", async () => {
  const secrets = await createSecrets([randomBytes(32)]);
  const sealed = await secrets.encrypt("a secret", USE);
  const challenge = secrets.challenge(USE, START + 1);
  assert.equal(await secrets.decrypt(sealed, USE), "a secret");
  assert.equal(secrets.checkChallenge(challenge, USE, START), START + 1);
  assert.equal(secrets.checkChallenge(challenge, USE, START + 1), null);

  await fc.assert(
    fc.asyncProperty(near(sealed), near(challenge), hostile, async (text, random, other) => {
      assert.equal(await secrets.decrypt(text, USE), null);
      assert.equal(secrets.checkChallenge(random, USE, START), null);
      for (const use of [{ ...USE, of: other }, { ...USE, purpose: other }, { purpose: USE.of, of: USE.purpose }]) {
        assert.equal(await secrets.decrypt(sealed, use), null);
        assert.equal(secrets.checkChallenge(challenge, use, START), null);
      }
    }),
    { numRuns: RUNS * 50 },
  );
});

// ASVS 6.5.1
Deno.test("whatever is typed is an app's code only as six digits, and a recovery code only if it has one's form", () => {
  const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  const digits = fc.array(fc.constantFrom(..."0123456789０１٣ -+.e"), { maxLength: 9 }).map((all) => all.join(""));

  fc.assert(
    fc.property(fc.oneof(hostile, digits), (typed) => {
      const step = stepOf(typed, secret, 1_111_111_110_000);
      if (step !== null) assert.match(typed, /^[0-9]{6}$/);
      const recovery = readRecoveryCode(typed);
      if (recovery === null) return;
      assert.match(recovery, /^([0-9a-hjkmnp-tv-z]{6}-){3}[0-9a-hjkmnp-tv-z]{6}$/);
      assert.equal(readRecoveryCode(recovery), recovery);
    }),
    { numRuns: RUNS * 500 },
  );
  for (const code of ["081804", "050471"]) assert.notEqual(stepOf(code, secret, 1_111_111_110_000), null);
  for (const code of newRecoveryCodes()) {
    assert.equal(hashRecoveryCode(readRecoveryCode(code)!), hashRecoveryCode(code));
  }
});

// Security: escaping, no 5xx
Deno.test("whatever is sent as a second step opens nothing, and the page shows nothing of it", async () => {
  const { here, db, browser, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  const there = browser("203.0.113.1");
  await there.signIn();
  const twin = await there.submit(paths.code, { code: "000000" });
  const empty = await there.submit(paths.code, { code: "" });

  await fc.assert(
    fc.asyncProperty(hostile, hostile, hostile, async (code, next, cookie) => {
      await db.delete(limits);
      const fields = { csrf: there.cookies.get("form")!, code: code.toWellFormed(), next: next.toWellFormed() };
      const answer = await there.post(paths.code, fields);
      const stranger = browser("203.0.113.2");
      stranger.cookies.set("form", CSRF);
      stranger.cookies.set("pending", encodeURIComponent(cookie.toWellFormed()));
      const taken = await stranger.post(paths.code, { ...fields, csrf: CSRF });

      assertHarmless(answer);
      assert.ok(
        [twin, empty].some(({ status, text }) => status === answer.status && shapeOf(text) === shapeOf(answer.text)),
      );
      assert.equal(answer.$("[name=code]").attr("value"), undefined);
      if (taken.status !== 422) assert.deepEqual([taken.status, taken.headers.get("Location")], [303, paths.signIn]);
      else assert.equal(shapeOf(taken.text), shapeOf(empty.text));
    }),
    { numRuns: RUNS },
  );
  assert.equal(await there.isIn(), false);
});

// Security: escaping, no 5xx
Deno.test("whatever is sent as a sealed secret and its code adds no app, and the page shows nothing of it", async () => {
  const { here, db } = await startWithKey();
  const sealed = (await here.get(paths.authenticator)).$("[name=sealed]").attr("value")!;
  const send = async (sealed: string, code: string) => await here.submit(paths.authenticator, { sealed, code });
  const twin = await send("made up", "000000");

  await fc.assert(
    fc.asyncProperty(near(sealed), hostile, async (changed, code) => {
      const answer = await send(changed.toWellFormed(), code.toWellFormed());

      assertHarmless(answer);
      assert.equal(answer.status, 422);
      assert.equal(shapeWithoutPicture(answer), shapeWithoutPicture(twin));
      assert.match(answer.$("#secret").text(), /^[A-Z2-7]{32}$/);
    }),
    { numRuns: RUNS },
  );
  assert.equal(await db.query.authenticators.findFirst(), undefined);
});

// Security: escaping
Deno.test("a hostile brand is in the QR code's address, and changes no element of its page", async () => {
  const { here, db } = await startWithKey();
  const plain = await here.get(paths.authenticator);

  await fc.assert(
    fc.asyncProperty(hostile, async (brand) => {
      const { here: other } = await startWithKey({ db, brand: brand.toWellFormed().slice(0, 100) });
      const page = await other.get(paths.authenticator);

      assertHarmless(page);
      assert.equal(page.status, 200);
      assert.equal(shapeWithoutPicture(page), shapeWithoutPicture(plain));
    }),
    // An account has at most 100 open connections.
    { numRuns: Math.min(RUNS, 90) },
  );
});

/** The QR code is another in each answer. */
function shapeWithoutPicture({ text }: Reply): string {
  return shapeOf(text.replace(/<svg class="qr"[^]*?<\/svg>/, ""));
}
