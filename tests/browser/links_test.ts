import assert from "node:assert/strict";
import { addLink } from "../../db/accounts/links.ts";
import type { Db } from "../../db/database.ts";
import { findUser } from "../../db/users.ts";
import { paths } from "../../http/paths.ts";
import { EMAIL } from "../app.ts";
import { fillSignIn, inBrowser } from "./chromium.ts";

const NEW = "a much better password than before";

// ASVS 6.4.6
inBrowser("without JavaScript a one-time link sets a password, and sign-in follows", async (site) => {
  const here = await site.visit({ javaScriptEnabled: false });
  await here.goto(await makeLink(site.db, site.clock.now));

  await here.getByLabel("New password", { exact: true }).fill(NEW);
  await here.getByLabel("New password again").fill(NEW);
  await here.getByRole("button", { name: "Set password" }).click();

  await here.waitForURL((url) => url.pathname === paths.signIn);
  await here.getByText("Your password was set.").waitFor();
  await fillSignIn(here, NEW);
  await here.waitForURL((url) => url.pathname === paths.connections);
});

// ASVS 6.2.6
inBrowser("a link's page shows a password, keeps its form after an error, and sends no referrer", async (site) => {
  const here = await site.visit();
  const path = await makeLink(site.db, site.clock.now);
  const referrers: (string | undefined)[] = [];
  here.on("request", (request) => void referrers.push(request.headers().referer));
  await here.goto(path);

  await here.getByLabel("New password", { exact: true }).fill("short");
  await here.getByLabel("New password again").fill("short");
  await here.getByRole("button", { name: "Show password" }).first().click();
  assert.equal(await here.getByLabel("New password", { exact: true }).getAttribute("type"), "text");
  await here.getByRole("button", { name: "Set password" }).click();

  await here.getByText("Use at least 15 characters.").waitFor();
  await here.getByLabel("New password", { exact: true }).fill(NEW);
  await here.getByLabel("New password again").fill(NEW);
  await here.getByRole("button", { name: "Set password" }).click();
  await here.getByText("Your password was set.").waitFor();
  assert.ok(referrers.length > 5);
  assert.deepEqual(referrers.filter((referrer) => referrer?.includes(path)), []);
});

async function makeLink(db: Db, now: number): Promise<string> {
  return paths.link(await addLink(db, (await findUser(db, EMAIL))!, "password", now));
}
