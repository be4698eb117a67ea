import assert from "node:assert/strict";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, signedIn } from "./app.ts";
import { fill } from "./long_history.ts";

Deno.test("a client that stops reading stops the reads of the database, over a real connection", async () => {
  const { app, db, here } = await signedIn();
  const user = await findUser(db, EMAIL);
  // 40 MB, which is more than a connection buffers.
  await fill(db, user!.id, 20_000, "x".repeat(2_000));
  let reads = 0;
  const { readText } = db.$client;
  db.$client.readText = (sql, args) => {
    reads++;
    return readText(sql, args);
  };
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request, info) => {
    return app.fetch(request, info);
  });
  using socket = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  const cookie = [...here.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const head = `GET ${paths.csv} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nCookie: ${cookie}\r\n\r\n`;
  await socket.write(new TextEncoder().encode(head));
  await socket.read(new Uint8Array(1_024));

  // It has stopped once a hundred other requests have passed without another read.
  let before = -1;
  while (reads !== before) {
    before = reads;
    for (let i = 0; i < 100; i++) await (await fetch(`http://127.0.0.1:${server.addr.port}/health`)).text();
  }

  assert.ok(reads > 1, `${reads} reads`);
  assert.ok(reads < 30, `${reads} reads of 40`);
});
