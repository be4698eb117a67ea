import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { EMAIL } from "../app.ts";
import { makeFolder, startServer } from "../processes.ts";
import { addHistory } from "./history.ts";
import { holdLock, queryElsewhere } from "./other_process.ts";
import { until, untilIdle } from "./process.ts";
import { report } from "./report.ts";
import { addAccounts } from "./traffic.ts";

/** What Docker, the least patient of service managers, allows before it kills. The server itself takes 3 s, in milliseconds. */
const PATIENCE = 10_000;

// Security: signals
Deno.test("SIGTERM lets a running request finish, takes no new ones, and ends the server with status 0", async () => {
  await stopDuringRequest("SIGTERM");
});

// Security: signals
Deno.test("SIGINT lets a running request finish, takes no new ones, and ends the server with status 0", async () => {
  await stopDuringRequest("SIGINT");
});

// Security: signals
Deno.test("SIGTERM ends the server even while a body doesn't arrive and a download isn't read", async () => {
  await stopDuringStuckRequests("SIGTERM");
});

// Security: signals
Deno.test("SIGINT ends the server even while a body doesn't arrive and a download isn't read", async () => {
  await stopDuringStuckRequests("SIGINT");
});

async function stopDuringRequest(signal: Deno.Signal): Promise<void> {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  await addAccounts(folder, [EMAIL]);
  await using server = await startServer("start", folder);
  const [here, phone] = [server.browser(), server.browser()];
  await here.signIn();
  await phone.signIn();
  const { $ } = await here.get(paths.closeAll);
  const csrf = $("main [name=csrf]").attr("value") ?? "";
  await untilIdle(server.pid);
  const lock = await holdLock(path);
  using closing = await startPost(server.address, paths.closeAll, {
    cookie: `session=${here.cookies.get("session")}`,
    body: new URLSearchParams({ csrf }).toString(),
  });
  await closing.sendBody();
  // Requests sent later are answered, so the body has been read.
  for (let i = 0; i < 5; i++) await here.get(paths.signIn);
  const start = performance.now();

  const ending = server.stop(signal);
  const isRefused = await until(() => server.browser().get(paths.signIn).then(() => false, () => true));
  await lock.release();
  const response = await closing.read();
  const code = await ending;

  const took = performance.now() - start;
  const closed = await queryElsewhere(path, "select id from connections where end_reason = 'closed'");
  report(
    "no new requests, the running ones finish, and the process ends",
    `${signal} met a closing of all others that waited for the lock`,
    {
      "its response": response.split("\r\n")[0] ?? "",
      "new requests refused": Number(isRefused),
      "connections closed on disk": closed.length,
      "exit code": code,
      "ended after ms": Math.round(took),
    },
  );
  assert.match(response, /^HTTP\/1\.1 303 /);
  assert.equal(isRefused, true);
  assert.equal(closed.length, 1);
  assert.equal(code, 0);
  assert.ok(took < PATIENCE, `${took} ms`);
  assert.ok(server.output.some((line) => line.includes(`"event":"sys_shutdown","signal":"${signal}"`)));
}

async function stopDuringStuckRequests(signal: Deno.Signal): Promise<void> {
  await using folder = await makeFolder();
  await addAccounts(folder, [EMAIL]);
  await addHistory(folder, 50_000);
  await using server = await startServer("start", folder);
  const browser = server.browser();
  await browser.signIn();
  using _signIn = await startPost(server.address, paths.signIn, { cookie: "", body: "email=marta" });
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
  report("stuck requests don't keep the process", `${signal} met a body that doesn't arrive and an unread download`, {
    "stuck requests": 2,
    "exit code": code,
    "ended after ms": Math.round(took),
  });
  assert.equal(code, 0);
  assert.ok(took < PATIENCE, `${took} ms`);
}

/** Starts to post a form. When it returns, the server is waiting for the body. */
async function startPost(address: string, path: string, { cookie, body }: { cookie: string; body: string }) {
  const connection = await connect(address);
  await connection.write(encode(
    `POST ${path} HTTP/1.1\r\nHost: ${new URL(address).host}\r\nOrigin: ${address}\r\nCookie: ${cookie}\r\n` +
      `Content-Length: ${body.length}\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
      "Expect: 100-continue\r\nConnection: close\r\n\r\n",
  ));
  const bytes = new Uint8Array(100);
  await connection.read(bytes);
  assert.match(new TextDecoder().decode(bytes), /^HTTP\/1\.1 100 Continue/);
  return {
    sendBody: () => connection.write(encode(body)),
    read: () => new Response(connection.readable).text(),
    [Symbol.dispose]() {
      try {
        connection.close();
      } catch (error) {
        // Reading to the end has closed it.
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    },
  };
}

function connect(address: string): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(address).port) });
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
