import assert from "node:assert/strict";
import fc from "fast-check";
import { authenticators, limits, pendingSignIns, recoveryCodes } from "../../db/schema.ts";
import { paths } from "../../http/paths.ts";
import { MINUTE } from "../app.ts";
import { addAuthenticator, makeRecoveryCodes, startWithKey } from "../second_factor.ts";
import { assertHarmless } from "./page.ts";
import { hostile, inUrl, RUNS } from "./strings.ts";

// Security: escaping, no 5xx
Deno.test("whatever a code, a sealed secret, a tick and a browser's id contain, the answer is a refusal and nothing changes", async () => {
  const { here, browser, db, clock } = await startWithKey();
  await addAuthenticator(here, clock);
  await makeRecoveryCodes(here);
  const thief = browser("203.0.113.9");
  await thief.signIn();
  await thief.get(paths.code);
  const [form, cookie] = [thief.cookies.get("form")!, thief.cookies.get("pending")!];
  const page = await here.get(paths.authenticator);
  const [csrf, sealed] = ["csrf", "sealed"].map((name) => page.$(`[name=${name}]`).attr("value")!);
  const rows = async () => [
    await db.select().from(authenticators),
    await db.select().from(recoveryCodes),
    await db.select().from(pendingSignIns),
  ];
  const before = await rows();
  clock.now += MINUTE;
  const text = hostile.map((typed) => typed.toWellFormed().slice(0, 2_000));
  const almostSealed = fc.tuple(fc.nat(sealed!.length), text).map(([at, typed]) => sealed!.slice(0, at) + typed);

  await fc.assert(
    fc.asyncProperty(
      fc.record({ code: text, sealed: fc.oneof(text, almostSealed), close_others: text, next: text }),
      inUrl,
      async (fields, id) => {
        await db.delete(limits);
        thief.cookies.set("pending", cookie);
        const answers = [
          await thief.post(paths.code, { ...fields, csrf: form }),
          await thief.get(`${paths.code}?next=${encodeURIComponent(fields.next)}`),
          await here.post(paths.authenticator, { ...fields, csrf: csrf! }),
          await here.get(paths.forgetBrowser(encodeURIComponent(id))),
          await here.post(paths.forgetBrowser(encodeURIComponent(id)), { ...fields, csrf: csrf! }),
        ];
        for (const answer of answers) assertHarmless(answer);
        assert.deepEqual(await rows(), before);
      },
    ),
    { numRuns: RUNS * 2 },
  );
});

// Security: no 5xx
Deno.test("a made-up cookie of a pending sign-in leads to the password", async () => {
  const { browser } = await startWithKey();
  const stranger = browser("203.0.113.9");
  await stranger.get(paths.signIn);
  const csrf = stranger.cookies.get("form")!;

  await fc.assert(
    fc.asyncProperty(fc.oneof(hostile, fc.stringMatching(/^[\w-]{22}\.[\w-]{43}$/)), async (cookie) => {
      stranger.cookies.set("pending", encodeURIComponent(cookie.toWellFormed().slice(0, 2_000)));
      const shown = await stranger.get(paths.code);
      const sent = await stranger.post(paths.code, { csrf, code: "123456" });

      assert.deepEqual([shown, sent].map(({ headers }) => headers.get("Location")), [paths.signIn, paths.signIn]);
    }),
    { numRuns: RUNS * 2 },
  );
});
