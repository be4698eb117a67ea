import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSecrets } from "../../../credentials/secrets.ts";
import { paths } from "../../../http/paths.ts";
import type { SiteOptions } from "../site.ts";
import { signIn } from "./flow.ts";
import type { Scene } from "./in_engine.ts";

const secrets = createSecrets([randomBytes(32)]);
/** Where passkeys can be added. */
export const WITH_PASSKEYS: SiteOptions = { host: "localhost", secrets: () => secrets };

/** Asserts that a button for passkeys is shown exactly where the engine has them, and that the password works beside it. */
export async function assertButtonOrNone({ open }: Scene): Promise<void> {
  const here = await open();
  await here.goto(paths.signIn);
  await here.waitForText("Forgot your password?");
  const isPossible = here.hasScripts && await here.evaluate(() => "PublicKeyCredential" in globalThis);
  await here.waitUntil(
    `a button: ${isPossible}`,
    (expected) => document.querySelector("#passkey button")?.checkVisibility() === expected,
    isPossible,
  );

  await signIn(here);
  await here.waitForPath(paths.connections);
  await here.goto(paths.passkeys);
  await here.waitForText("Add a passkey");
  const isRefused = (await here.texts("#new-passkey")).join().includes("This browser has no passkeys");
  assert.equal(isRefused, here.hasScripts && !isPossible);
}
