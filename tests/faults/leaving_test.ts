import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { EMAIL } from "../app.ts";
import { makeFolder, startServer } from "../processes.ts";
import { readElsewhere } from "./elsewhere.ts";
import { countOpenFiles, memoryOf, until, untilQuiet, workOf } from "./process.ts";
import { report } from "./report.ts";
import { addHistory } from "./seed.ts";
import { addAccounts } from "./traffic.ts";

const LEAVE = 20;

// Security: leaving
Deno.test(
  "when readers leave in the middle of their downloads, or stop reading, the server stops reading too, and keeps nothing open for who left",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    await using folder = await makeFolder();
    await addAccounts(folder, [EMAIL]);
    await addHistory(folder, 100_000);
    await using server = await startServer("start", folder);
    const browser = server.browser();
    await browser.signIn();
    // What is loaded at the first sign-in, and kept, is loaded now.
    await untilQuiet(server.pid);
    const openBefore = countOpenFiles(server.pid);
    const ask = () =>
      fetch(`${server.address}${paths.csv}`, { headers: { Cookie: `session=${browser.cookies.get("session")}` } });

    const workBefore = workOf(server.pid);
    const whole = (await (await ask()).arrayBuffer()).byteLength;
    const workOfOne = workOf(server.pid) - workBefore;
    const memory = memoryOf(server.pid);

    const workBeforeReaders = workOf(server.pid);
    const readers = await Promise.all(Array.from({ length: LEAVE }, async () => {
      const reader = (await ask()).body!.getReader();
      await reader.read();
      return reader;
    }));
    const stopsWhileNobodyReads = await untilQuiet(server.pid);
    const workForReaders = workOf(server.pid) - workBeforeReaders;
    const openMeanwhile = countOpenFiles(server.pid);

    await Promise.all(readers.map((reader) => reader.cancel()));
    await until(() => countOpenFiles(server.pid) <= openBefore + 1);
    const stopsAfterwards = await untilQuiet(server.pid);
    const workAfterwards = workOf(server.pid) - workBeforeReaders - workForReaders;
    const openAfterwards = countOpenFiles(server.pid);
    const [checkpoint] = await readElsewhere(`${folder.path}/connections.db`, "pragma wal_checkpoint(truncate)");

    report(
      "reading stops, and nothing stays open",
      `${LEAVE} readers took a little of ${Math.round(whole / 1e6)} MB, waited, and left`,
      {
        "work for one whole download in ms": workOfOne,
        [`for ${LEAVE} that nobody reads on`]: workForReaders,
        "after they left": workAfterwards,
        "open files before": openBefore,
        "with the readers": openMeanwhile,
        "open after they left": openAfterwards,
        "memory in MB after one download": memory,
        [`after ${LEAVE} more`]: memoryOf(server.pid),
        "readers of the database left over": Number(checkpoint?.busy),
      },
    );
    assert.ok(openMeanwhile >= openBefore + LEAVE - 1);
    assert.ok(openAfterwards <= openBefore + 1, "one is the connection that fetch keeps");
    assert.deepEqual([stopsWhileNobodyReads, stopsAfterwards], [true, true]);
    assert.ok(workForReaders < workOfOne * LEAVE / 2, `${workForReaders} ms`);
    assert.ok(workAfterwards < workOfOne, `${workAfterwards} ms`);
    assert.equal(checkpoint?.busy, 0);
    assert.equal(await browser.isIn(), true);
  },
);
