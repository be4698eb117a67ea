import assert from "node:assert/strict";
import { paths } from "../http/paths.ts";
import { type Browser, signedIn } from "./app.ts";

Deno.test("a message over a redirect waits for the page that it was left for", async () => {
  const { here } = await signedIn();
  await savePreferences(here);

  assert.equal(await messageOn(here, paths.connections), "");
  assert.equal(await messageOn(here, paths.password), "");
  assert.equal(await messageOn(here, paths.preferences), "Your preferences were saved.");
  assert.equal(await messageOn(here, paths.preferences), "");
});

// Security: GET is safe
Deno.test("neither HEAD nor a prefetch takes a message away", async () => {
  const { here } = await signedIn();
  await savePreferences(here);

  await here.request(paths.preferences, { method: "HEAD" });
  await here.get(paths.preferences, { "Sec-Purpose": "prefetch" });
  await here.get(paths.preferences, { "Sec-Purpose": "prefetch;prerender" });

  assert.equal(await messageOn(here, paths.preferences), "Your preferences were saved.");
});

Deno.test("a damaged message is thrown away", async () => {
  const { here } = await signedIn();
  here.cookies.set("notice", "__proto__.1");

  assert.equal(await messageOn(here, paths.connections), "");
  assert.equal(here.cookies.has("notice"), false);
});

async function savePreferences(here: Browser): Promise<void> {
  assert.equal((await here.submit(paths.preferences, { theme: "dark" })).status, 303);
}

async function messageOn(here: Browser, path: string): Promise<string> {
  return (await here.get(path)).$("#notifications").text();
}
