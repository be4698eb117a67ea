import assert from "node:assert/strict";
import { readConfiguration } from "../commands/configuration.ts";
import { problemOf } from "./configuration_problem.ts";

Deno.test("DATABASE_URL may be a file, a remote database or a server on the loopback", () => {
  const urlOf = (text: string) => readConfiguration({ DATABASE_URL: text }).databaseUrl;

  assert.equal(urlOf("file:/var/lib/app/connections.db"), "file:/var/lib/app/connections.db");
  assert.equal(urlOf("file:///var/lib/app/connections.db"), "file:///var/lib/app/connections.db");
  assert.equal(urlOf("libsql://panel.turso.io"), "libsql://panel.turso.io");
  assert.equal(urlOf("https://panel.turso.io"), "https://panel.turso.io");
  assert.equal(urlOf("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
  assert.equal(urlOf("http://[::1]:8080"), "http://[::1]:8080");
  assert.equal(urlOf("libsql://127.0.0.1:8080?tls=0"), "libsql://127.0.0.1:8080?tls=0");
  assert.equal(urlOf("libsql://panel.turso.io?tls=1"), "libsql://panel.turso.io?tls=1");
});

// Security: log
Deno.test("any other DATABASE_URL is rejected, and the message doesn't repeat its secrets", () => {
  const problem = "Cannot read the configuration: DATABASE_URL must be file:…, libsql:… or https:… " +
    "(http:… and tls=0 only to this machine)";

  assert.equal(problemOf({ DATABASE_URL: "postgres://panel:hunter2@db.example/panel" }), problem);
  assert.equal(problemOf({ DATABASE_URL: "http://db.example?authToken=hunter2" }), problem);
  assert.equal(problemOf({ DATABASE_URL: "http://127.0.0.1.example" }), problem);
  assert.equal(problemOf({ DATABASE_URL: "connections.db" }), problem);
  assert.equal(problemOf({ DATABASE_URL: ":memory:" }), problem);
  assert.equal(problemOf({ DATABASE_URL: "file:" }), problem);
});

Deno.test("on Deno Deploy DATABASE_URL must be remote, because files don't last there", () => {
  const rule = "Cannot read the configuration: DATABASE_URL must be libsql:… or https:… on Deno Deploy, " +
    "where files don't last";

  assert.equal(problemOf({ DENO_DEPLOY: "true" }), `${rule}, is not set`);
  assert.equal(problemOf({ DENO_DEPLOY: "true", DATABASE_URL: "" }), `${rule}, is not set`);
  assert.equal(
    problemOf({ DENO_DEPLOY: "true", DATABASE_URL: "file:data/connections.db" }),
    `${rule}, is "file:data/connections.db"`,
  );
  assert.equal(
    readConfiguration({ DENO_DEPLOY: "true", DATABASE_URL: "libsql://panel.turso.io" }).databaseUrl,
    "libsql://panel.turso.io",
  );
  assert.equal(readConfiguration({ DENO_DEPLOY: "false" }).databaseUrl, "file:data/connections.db");
});

// Security: database encryption
Deno.test("a remote DATABASE_URL without encryption is rejected, however it is written", () => {
  const rule = /DATABASE_URL must be file:…, libsql:… or https:… \(http:… and tls=0 only to this machine\)$/;

  assert.match(problemOf({ DATABASE_URL: "libsql://db.example:8080?tls=0" }), rule);
  assert.match(problemOf({ DATABASE_URL: "libsql://db.example:8080/?authToken=hunter2&tls=0" }), rule);
  assert.match(problemOf({ DATABASE_URL: "libsql://db.example:8080?%74ls=%30" }), rule);
  assert.match(problemOf({ DATABASE_URL: "libsql://db.example:8080?tls=1&tls=0" }), rule);
  assert.match(problemOf({ DATABASE_URL: "LIBSQL://db.example:8080?tls=0" }), rule);
  assert.match(problemOf({ DATABASE_URL: "libsql://127.0.0.1.example:8080?tls=0" }), rule);
  assert.match(problemOf({ DATABASE_URL: "libsql://127.0.0.1@db.example:8080?tls=0" }), rule);
});

// Security: log
Deno.test("no message contains the value of DATABASE_AUTH_TOKEN", () => {
  assert.doesNotMatch(problemOf({ DATABASE_AUTH_TOKEN: "hunter2", DATABASE_URL: "nonsense" }), /hunter2/);
  assert.doesNotMatch(problemOf({ DATABASE_AUTH_TOKEN: "hunter2", PORT: "nonsense" }), /hunter2/);
});
