import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { type Browser, EMAIL } from "../app.ts";
import { makeFolder, startServer } from "../processes.ts";
import { countOpenFiles, memoryOf, until, untilQuiet } from "./process.ts";
import { report } from "./report.ts";
import { addHistory } from "./seed.ts";
import { addAccounts } from "./traffic.ts";

/** Of each of three kinds: whose headers trickle in, whose body does, and who read a byte at a time. */
const SLOW = 100;

// Security: slow clients
Deno.test("300 slow clients at once leave the page as quick as before, and lose nothing but their own time", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using folder = await makeFolder();
  await addAccounts(folder, [EMAIL]);
  await addHistory(folder, 5_000);
  await using server = await startServer("start", folder);
  const browser = server.browser();
  await browser.signIn();
  await untilQuiet(server.pid);
  const { host } = new URL(server.address);
  const cookie = browser.cookies.get("session");
  const openBefore = countOpenFiles(server.pid);

  await medianOf(browser);
  const before = await medianOf(browser);
  const heads = trickle(server.address, `GET ${paths.signIn} HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `, "x");
  const bodies = trickle(
    server.address,
    `POST ${paths.signIn} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${server.address}\r\nContent-Length: 5000\r\n` +
      "Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=",
    "x",
  );
  const readers = trickle(
    server.address,
    `GET ${paths.csv} HTTP/1.1\r\nHost: ${host}\r\nCookie: session=${cookie}\r\n\r\n`,
    null,
  );
  await until(() => countOpenFiles(server.pid) >= openBefore + 3 * SLOW);
  const open = countOpenFiles(server.pid) - openBefore;
  await untilQuiet(server.pid);
  const meanwhile = await medianOf(browser);
  const signIn = await server.browser().signIn();
  const memory = memoryOf(server.pid);
  // A body has ten seconds.
  await until(() => bodies.answers.length === SLOW);
  await Promise.all([heads, bodies, readers].map((clients) => clients.leave()));
  await until(() => countOpenFiles(server.pid) <= openBefore + 2);
  const after = await medianOf(browser);

  report(
    "the page is as quick as before",
    `${3 * SLOW} slow clients: ${SLOW} each with headers, bodies and reading that trickle`,
    {
      "median page in ms before": before,
      "with them": meanwhile,
      "after them": after,
      "connections open for them": open,
      "answered 408 after ten seconds": bodies.answers.filter((answer) => answer.startsWith("HTTP/1.1 408")).length,
      "memory in MB with them": memory,
      "open afterwards, more than before": countOpenFiles(server.pid) - openBefore,
    },
  );
  assert.ok(open >= 3 * SLOW - 1);
  assert.equal(signIn.status, 303);
  assert.equal(bodies.answers.filter((answer) => answer.startsWith("HTTP/1.1 408")).length, SLOW);
  // What else the machine does shows in all three.
  assert.ok(meanwhile < 2 * Math.max(before, after), `${before}, ${meanwhile}, ${after} ms`);
});

/** How long the history takes, in milliseconds: the median of 51 times, and of three such the best, since others use the machine too. */
async function medianOf(browser: Browser): Promise<number> {
  const medians: number[] = [];
  for (let run = 0; run < 3; run++) {
    const times: number[] = [];
    for (let i = 0; i < 51; i++) {
      const start = performance.now();
      assert.equal((await browser.get(paths.connections)).status, 200);
      times.push(performance.now() - start);
    }
    medians.push(times.sort((a, b) => a - b)[25]!);
  }
  return Math.round(Math.min(...medians) * 10) / 10;
}

/** Clients that send how a request begins, and then now and then a little more of it, or read a byte of the answer for `null`. */
function trickle(address: string, begin: string, more: string | null) {
  const answers: string[] = [];
  let isOver = false;
  const clients = Array.from({ length: SLOW }, async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(address).port) });
    await connection.write(new TextEncoder().encode(begin));
    const bytes = new Uint8Array(more === null ? 1 : 100);
    const reading = more === null ? null : connection.read(bytes).then((read) => {
      if (read !== null) answers.push(new TextDecoder().decode(bytes.subarray(0, read)));
    }, () => {});
    while (!isOver) {
      if (more === null) await connection.read(bytes);
      else await connection.write(new TextEncoder().encode(more)).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    if (more === null) return;
    await connection.closeWrite().catch(() => {});
    await reading;
  });
  return {
    answers,
    /** All go, in the middle of what they were at. */
    async leave() {
      isOver = true;
      await Promise.all(clients);
    },
  };
}
