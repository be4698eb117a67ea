import assert from "node:assert/strict";
import { paths } from "../http/paths.ts";
import { HTMX, signedIn } from "./app.ts";

Deno.test("an unexpected error gets a page without its message, and the log has it under the page's request id", async () => {
  const { here, db, log } = await signedIn();
  db.$client.close();

  const { status, $, text } = await here.get(paths.connections);

  assert.equal(status, 500);
  assert.match($("h1").text(), /Something went wrong/);
  assert.doesNotMatch(text, /CLIENT_CLOSED|at .*\.ts|LibsqlError/);
  const [number] = /[\da-f-]{36}/.exec($("main").text()) ?? [];
  const { event, request_id, ip, error } = JSON.parse(log.at(-1) ?? "");
  assert.deepEqual([event, request_id, ip], ["sys_crash", number, "46.16.60.1"]);
  assert.match(error, /The client is closed/);
});

Deno.test("htmx gets an error as a notification, and the page doesn't change", async () => {
  const { here } = await signedIn();

  const { status, headers, text } = await here.get(paths.closeOne(crypto.randomUUID()), HTMX);

  assert.equal(status, 404);
  assert.equal(headers.get("HX-Reswap"), "none");
  assert.match(text, /^<hx-partial hx-target="#notifications"/);
});
