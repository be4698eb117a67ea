import assert from "node:assert/strict";
import { paths } from "../http/paths.ts";
import { openDatabase } from "../db/database.ts";
import { addAccount, EMAIL, PASSWORD, startApp } from "./app.ts";
import { startCollector } from "./collector.ts";
import { makeFolder, startServer, users } from "./processes.ts";

// Security: telemetry
Deno.test("with OTEL_DENO spans are named by route, and contain no query, token, id or address", async () => {
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await using collector = startCollector();
  const server = await startServer("start", folder, { ...collector.variables, TRUSTED_PROXIES: "127.0.0.1" });
  const browser = server.browser();
  const from = { "X-Forwarded-For": "81.40.12.202" };
  await browser.get(`${paths.signIn}?next=/reset?code=canary`, from);
  await browser.signIn();
  const { $ } = await browser.get(paths.connections, from);
  const id = $("tbody tr.current").attr("id")?.replace("c-", "") ?? "";
  await browser.get(`${paths.connections}?ip=81.40.12.201`, from);
  await browser.get(`${paths.details(id)}?canary`, from);
  await browser.get("/links/canary-token", from);
  await browser.get(`/canary/${EMAIL}`, {
    ...from,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "state=canary",
    baggage: `user=${EMAIL}`,
  });
  await fetch(`${server.address}/health?canary`, { method: "CANARY" }).then((answer) => answer.text());
  await collector.until(() => collector.spans().some(({ name }) => name === "HTTP"));
  await server.stop("SIGKILL");

  const spans = collector.spans();
  const names = new Set(spans.map(({ name }) => name));
  const expected = ["GET /sign-in", "POST /sign-in", `GET ${paths.connections}`, `GET ${paths.details(":id")}`, "HTTP"];
  assert.deepEqual(expected.filter((name) => !names.has(name)), []);
  assert.deepEqual(spans.find(({ name }) => name === `GET ${paths.connections}`)?.attributes, {
    "http.request.method": "GET",
    "url.scheme": "http",
    "http.route": paths.connections,
    "http.response.status_code": "200",
  });
  assert.equal(spans.find(({ name }) => name === "GET")?.attributes["http.route"], undefined);
  assert.ok(id.length > 20, id);
  const exported = collector.text();
  const secrets = ["canary", "81.40.12.20", EMAIL, id];
  assert.deepEqual(secrets.filter((secret) => exported.includes(secret)), []);
});

Deno.test("with OTEL_DENO sign-ins, refusals, open connections, hashing and writes are metrics", async () => {
  await using folder = await makeFolder();
  const db = await openDatabase(`file:${folder.path}/connections.db`);
  await addAccount(db, EMAIL, PASSWORD);
  const { browser } = await startApp({ db, now: Date.now });
  await browser().signIn();
  await browser().signIn();
  db.$client.close();
  await using collector = startCollector();
  const server = await startServer("start", folder, collector.variables);
  await server.browser().signIn();
  await server.browser().signIn(EMAIL, "not the password at all");
  const { metric } = collector;
  await collector.until(() => "wrong_password" in metric("connection_history.refusals"));
  await server.stop("SIGKILL");

  assert.deepEqual(metric("connection_history.sign_ins"), { "": 1 });
  assert.deepEqual(metric("connection_history.refusals"), { wrong_password: 1 });
  assert.deepEqual(metric("connection_history.connections.open"), { "": 2 });
  const load = ["hashing.running", "hashing.waiting", "writes.pending"].map((name) => `connection_history.${name}`);
  assert.deepEqual(load.map((name) => Object.keys(metric(name))), [[""], [""], [""]]);
});
