import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { EMAIL, PASSWORD } from "../app.ts";
import { makeFolder, startServer } from "../processes.ts";
import { addHistory } from "./seed.ts";
import { holdLock, readElsewhere } from "./elsewhere.ts";
import { wait } from "./process.ts";
import { report } from "./report.ts";
import { addAccounts } from "./traffic.ts";

// Security: signals
Deno.test("SIGTERM lets a running sign-in end, takes no new requests, and then ends the server with status 0", async () => {
  await endWithRequestRunning("SIGTERM");
});

// Security: signals
Deno.test("SIGINT lets a running sign-in end, takes no new requests, and then ends the server with status 0", async () => {
  await endWithRequestRunning("SIGINT");
});

// Security: signals
Deno.test("SIGTERM ends a server within four seconds even while a body does not come and a download is not read", async () => {
  await endWithStuckRequests("SIGTERM");
});

// Security: signals
Deno.test("SIGINT ends a server within four seconds even while a body does not come and a download is not read", async () => {
  await endWithStuckRequests("SIGINT");
});

async function endWithRequestRunning(signal: Deno.Signal): Promise<void> {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  await addAccounts(folder, [EMAIL]);
  await using server = await startServer("start", folder);
  const lock = await holdLock(path);
  const browser = server.browser();
  const { $ } = await browser.get(paths.signIn);
  const typed = { csrf: $("[name=csrf]").attr("value") ?? "", email: EMAIL, password: PASSWORD };
  const running = browser.post(paths.signIn, typed);
  await wait(300);
  const start = performance.now();

  const ending = server.stop(signal);
  await wait(300);
  const isRefused = await server.browser().get(paths.signIn).then(() => false, () => true);
  await lock.release();
  const { status } = await running;
  const code = await ending;

  const took = performance.now() - start;
  const rows = await readElsewhere(path, "select id from connections where closed_at is null");
  report("no new requests, running ones finish, out within 4 s", `${signal} met a sign-in that waited for the lock`, {
    "answer to it": status,
    "new requests refused": Number(isRefused),
    "its connections on disk": rows.length,
    "status of the process": code,
    "ended after ms": Math.round(took),
  });
  assert.equal(status, 303);
  assert.equal(isRefused, true);
  assert.equal(rows.length, 1);
  assert.equal(code, 0);
  assert.ok(took < 4_000, `${took} ms`);
  assert.ok(server.output.some((line) => line.includes(`"event":"sys_shutdown","signal":"${signal}"`)));
}

async function endWithStuckRequests(signal: Deno.Signal): Promise<void> {
  await using folder = await makeFolder();
  await addAccounts(folder, [EMAIL]);
  await addHistory(folder, 50_000);
  await using server = await startServer("start", folder);
  const browser = server.browser();
  await browser.signIn();
  using _stuck = await halfASignIn(server.address);
  using download = await connect(server.address);
  await download.write(encode(
    `GET ${paths.csv} HTTP/1.1\r\nHost: ${new URL(server.address).host}\r\nCookie: session=${
      browser.cookies.get("session")
    }\r\n\r\n`,
  ));
  await download.read(new Uint8Array(1_000));
  const start = performance.now();

  const code = await server.stop(signal);

  const took = performance.now() - start;
  report(
    "out within 4 s even with a stuck body",
    `${signal} met a body that does not come and a download that is not read`,
    {
      "stuck requests": 2,
      "status of the process": code,
      "ended after ms": Math.round(took),
    },
  );
  assert.equal(code, 0);
  assert.ok(took < 4_000, `${took} ms`);
}

/** A sign-in whose second half does not come; the server waits for it. */
async function halfASignIn(address: string): Promise<Deno.TcpConn> {
  const connection = await connect(address);
  await connection.write(encode(
    `POST ${paths.signIn} HTTP/1.1\r\nHost: ${new URL(address).host}\r\nOrigin: ${address}\r\nContent-Length: 100\r\n` +
      "Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n",
  ));
  const bytes = new Uint8Array(100);
  await connection.read(bytes);
  // The server says that it waits for the body now.
  assert.match(new TextDecoder().decode(bytes), /^HTTP\/1\.1 100 Continue/);
  await connection.write(encode("email=marta"));
  return connection;
}

function connect(address: string): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(address).port) });
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
