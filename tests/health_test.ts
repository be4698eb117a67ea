import assert from "node:assert/strict";
import { paths } from "../http/paths.ts";
import { startApp } from "./app.ts";

// Security: Host
Deno.test("GET /health answers any Host, without a session", async () => {
  const { browser } = await startApp();

  const { status, text } = await browser().get(paths.health, { Host: "10.0.0.7" });

  assert.equal(status, 200);
  assert.equal(text, '{"status":"ok"}');
});

Deno.test("GET /health answers 503 when the database fails", async () => {
  const { browser, db } = await startApp();
  db.$client.close();

  const { status, text, headers } = await browser().get(paths.health);

  assert.equal(status, 503);
  assert.equal(text, '{"status":"unavailable"}');
  assert.equal(headers.get("Retry-After"), "5");
});
