import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import { createSecrets } from "../credentials/secrets.ts";
import { paths } from "../http/paths.ts";
import { type Browser, EMAIL, PASSWORD, type Reply, signedIn } from "./app.ts";

const STEP = 30_000;

/** A signed-in owner whose program has a key. */
export async function startWithKey(changes: Parameters<typeof signedIn>[0] = {}) {
  const secrets = await createSecrets([randomBytes(32)]);
  const options = { secrets: () => Promise.resolve(secrets), ...changes };
  return { ...await signedIn(options), secrets: options.secrets };
}

/** The code that an app shows. */
export function codeAt(secret: string, now: number): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now });
}

/** Adds an authenticator app as its owner does. Returns its secret. Waits until the code it took is over. */
export async function addAuthenticator(here: Browser, clock: { now: number }): Promise<string> {
  const page = await here.get(paths.authenticator);
  const secret = page.$("#secret").text();
  assert.match(secret, /^[A-Z2-7]{32}$/);
  const added = await here.submit(paths.authenticator, {
    ...{ sealed: page.$("[name=sealed]").attr("value")!, code: codeAt(secret, clock.now) },
    password: PASSWORD,
  });
  assert.equal(added.status, 303, added.$("main").text());
  clock.now += 2 * STEP;
  return secret;
}

/** Makes recovery codes, and returns them. */
export async function makeRecoveryCodes(here: Browser): Promise<string[]> {
  const page = await here.submit(paths.recoveryCodes, { password: PASSWORD });
  assert.equal(page.status, 200, page.$("main").text());
  return page.$(".recovery-code").toArray().map((code) => page.$(code).text());
}

/** Enters the password, and then a code. */
export async function signInWith(browser: Browser, code: string, email = EMAIL): Promise<Reply> {
  const { status, headers } = await browser.signIn(email);
  assert.deepEqual([status, headers.get("Location")], [303, paths.code]);
  return await browser.submit(paths.code, { code });
}
