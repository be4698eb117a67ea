import assert from "node:assert/strict";
import { paths } from "../http/paths.ts";
import { CELL } from "./app.ts";
import { makeFolder, startServer } from "./processes.ts";

Deno.test("deno task demo prints an address, an e-mail and a password, which open a history with every state", async () => {
  await using folder = await makeFolder();
  await using server = await startServer("demo", folder);
  const [address, email, password] = server.output;
  assert.equal(address, `Address: ${server.address}`);
  assert.equal(email, "E-mail: marta@example.com");
  assert.match(password ?? "", /^Password: \S{15,}$/);
  const browser = server.browser();

  const signedIn = await browser.signIn(email?.slice("E-mail: ".length), password?.slice("Password: ".length));

  assert.equal(signedIn.status, 303);
  const statesOf = async (state: string) => {
    const { $ } = await browser.get(`${paths.connections}?state=${state}`);
    return new Set($(`tbody ${CELL.badge}`).toArray().map((cell) => $(cell).text().trim()));
  };
  assert.deepEqual(await statesOf("open"), new Set(["Open"]));
  assert.deepEqual(await statesOf("closed"), new Set(["Closed"]));
  assert.deepEqual(await statesOf("refused"), new Set(["Refused"]));
  const { $ } = await browser.get(paths.connections);
  const first = $("tbody tr[id]").slice(0, 16);
  assert.deepEqual(
    new Set(first.find(CELL.badge).toArray().map((cell) => $(cell).text())),
    new Set(["Open", "Closed", "Refused"]),
  );
  assert.match(first.text(), /Was this you\?/);
  assert.match(first.text(), /You said: this was me/);
  assert.match(first.text(), /You said: not me/);
  assert.match(first.text(), /Used on another device.*last: curl/s);
  const closed = first.filter((_, row) => $(row).find(CELL.badge).text() === "Closed");
  const ends = closed.find(`${CELL.badge} + p`).toArray().map((end) => $(end).text().split(",")[0]);
  assert.deepEqual(
    new Set(ends),
    new Set([
      "Closed from Chrome on Android",
      "Signed out",
      "Closed by a password change",
      "Closed by the administrator",
    ]),
  );
  const rows = (await browser.get(paths.csv)).text.trim().split("\r\n").slice(1);
  assert.ok(rows.length > 300, `${rows.length}`);
});

Deno.test("deno task demo adds a second account with the same password, and leaves nothing behind", async () => {
  await using folder = await makeFolder();
  await using server = await startServer("demo", folder);
  const password = server.output[2]?.slice("Password: ".length);

  assert.equal((await server.browser().signIn("joan@example.com", password)).status, 303);
  assert.equal(await server.stop("SIGINT"), 0);

  assert.match(await server.errors, /joan@example\.com is a second account/);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});
