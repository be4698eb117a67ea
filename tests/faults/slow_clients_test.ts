import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { type Browser, EMAIL } from "../app.ts";
import { makeFolder, startServer } from "../processes.ts";
import { addHistory } from "./history.ts";
import { countOpenFiles, memoryOf, until, untilIdle, wait } from "./process.ts";
import { report } from "./report.ts";
import { addAccounts } from "./traffic.ts";

/** Clients of each of three kinds: those that trickle headers, those that trickle a body, and those that read a byte at a time. */
const SLOW = 100;
/** An account has two downloads at once. */
const READERS = Array.from({ length: SLOW / 2 }, (_, i) => `reader${i}@example.com`);
const PAGES = 100;

// Security: slow clients
Deno.test("300 slow clients at once don't slow down others' pages", { ignore: Deno.build.os !== "linux" }, async () => {
  await using folder = await makeFolder();
  await addAccounts(folder, [EMAIL, ...READERS]);
  for (const account of [EMAIL, ...READERS]) await addHistory(folder, 5_000, account);
  await using server = await startServer("start", folder);
  // On the same database, without slow clients: what the machine does otherwise slows down both.
  await using control = await startServer("start", folder);
  const browser = server.browser();
  await browser.signIn();
  const controlBrowser = control.browser();
  controlBrowser.cookies.set("session", browser.cookies.get("session")!);
  const cookies: string[] = [];
  for (const account of READERS) {
    const reader = server.browser();
    await reader.signIn(account);
    cookies.push(reader.cookies.get("session")!);
  }
  await Promise.all([untilIdle(server.pid), untilIdle(control.pid)]);
  const { host } = new URL(server.address);
  const openBefore = countOpenFiles(server.pid);
  const before = await measureInTurns(browser, controlBrowser);

  const readers = trickle(
    server.address,
    (i) => `GET ${paths.csv} HTTP/1.1\r\nHost: ${host}\r\nCookie: session=${cookies[i >> 1]}\r\n\r\n`,
    null,
  );
  await until(() => countOpenFiles(server.pid) >= openBefore + SLOW);
  await untilIdle(server.pid);
  const headers = trickle(server.address, () => `GET ${paths.signIn} HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `, "x");
  const bodies = trickle(
    server.address,
    () =>
      `POST ${paths.signIn} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${server.address}\r\nContent-Length: 5000\r\n` +
      "Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=",
    "x",
  );
  await until(() => countOpenFiles(server.pid) >= openBefore + 3 * SLOW);
  const open = countOpenFiles(server.pid) - openBefore;
  const meanwhile = await measureInTurns(browser, controlBrowser);
  const signIn = await server.browser().signIn();
  const memory = memoryOf(server.pid);
  // The server allows ten seconds for a body.
  await until(() => bodies.replies.length === SLOW);
  await Promise.all([headers, bodies, readers].map((clients) => clients.leave()));
  await until(() => countOpenFiles(server.pid) <= openBefore + 2);

  const timedOut = bodies.replies.filter((reply) => reply.startsWith("HTTP/1.1 408")).length;
  report("other pages are not slowed down", `${SLOW} clients each trickled headers, a body, and their reading`, {
    "median page in ms before": before.page,
    "at a second server before": before.control,
    "median page in ms with them": meanwhile.page,
    "at a second server meanwhile": meanwhile.control,
    "connections open for them": open,
    "bodies that got a 408 after ten seconds": timedOut,
    "memory in MB with them": memory,
    "open afterwards, more than before": countOpenFiles(server.pid) - openBefore,
  });
  assert.ok(open >= 3 * SLOW - 1);
  assert.equal(signIn.status, 303);
  assert.equal(timedOut, SLOW);
  assert.ok(countOpenFiles(server.pid) <= openBefore + 2);
  assert.ok(meanwhile.page < 3 * meanwhile.control, `${meanwhile.page} ms, ${meanwhile.control} ms without them`);
});

/** Loads the history in turns with two browsers; returns the median times in milliseconds. */
async function measureInTurns(browser: Browser, controlBrowser: Browser): Promise<{ page: number; control: number }> {
  const times: { page: number[]; control: number[] } = { page: [], control: [] };
  for (let i = 0; i < PAGES; i++) {
    times.page.push(await timePage(browser));
    times.control.push(await timePage(controlBrowser));
  }
  return { page: median(times.page), control: median(times.control) };
}

async function timePage(browser: Browser): Promise<number> {
  const start = performance.now();
  assert.equal((await browser.get(paths.connections)).status, 200);
  return performance.now() - start;
}

function median(values: number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[values.length >> 1]! * 10) / 10;
}

/** Clients that send the beginning of a request and then now and then `more` of it, or for `null` read a byte of the response. */
function trickle(address: string, begin: (client: number) => string, more: string | null) {
  const replies: string[] = [];
  let isOver = false;
  const clients = Array.from({ length: SLOW }, async (_, i) => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(address).port) });
    await connection.write(new TextEncoder().encode(begin(i)));
    const bytes = new Uint8Array(more === null ? 1 : 100);
    const reading = more === null ? null : connection.read(bytes).then((read) => {
      if (read !== null) replies.push(new TextDecoder().decode(bytes.subarray(0, read)));
    }, () => {});
    while (!isOver) {
      if (more === null) await connection.read(bytes);
      else await connection.write(new TextEncoder().encode(more)).catch(() => {});
      await wait(500);
    }
    if (more === null) return;
    await connection.closeWrite().catch(() => {});
    await reading;
  });
  return {
    replies,
    /** Closes all connections, in the middle of their requests. */
    async leave() {
      isOver = true;
      await Promise.all(clients);
    },
  };
}
