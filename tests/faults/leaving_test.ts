import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { makeFolder, startServer } from "../processes.ts";
import { addHistory } from "./history.ts";
import { queryElsewhere } from "./other_process.ts";
import { countOpenFiles, cpuTimeOf, memoryOf, until, untilIdle } from "./process.ts";
import { report } from "./report.ts";
import { ACCOUNTS, addAccounts } from "./traffic.ts";

/** Two of each account, which has no more downloads at once. */
const READERS = 2 * ACCOUNTS.length;

// Security: leaving
Deno.test(
  "when readers pause or leave during a download, the server stops reading too, and keeps nothing open for those who left",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    await using folder = await makeFolder();
    await addAccounts(folder);
    for (const account of ACCOUNTS) await addHistory(folder, 100_000, account);
    await using server = await startServer("start", folder);
    const browsers = ACCOUNTS.map(() => server.browser());
    for (const [i, account] of ACCOUNTS.entries()) await browsers[i]!.signIn(account);
    // The country data is loaded and stays in memory.
    await untilIdle(server.pid);
    const openBefore = countOpenFiles(server.pid);
    const download = (reader = 0) => {
      const cookie = browsers[reader % ACCOUNTS.length]!.cookies.get("session");
      return fetch(`${server.address}${paths.csv}`, { headers: { Cookie: `session=${cookie}` } });
    };

    const start = cpuTimeOf(server.pid);
    const size = (await (await download()).arrayBuffer()).byteLength;
    const timeForOne = cpuTimeOf(server.pid) - start;
    const memory = memoryOf(server.pid);

    const startOfReaders = cpuTimeOf(server.pid);
    const readers = await Promise.all(Array.from({ length: READERS }, async (_, i) => {
      const reader = (await download(i)).body!.getReader();
      await reader.read();
      return reader;
    }));
    const isIdleBesidePaused = await untilIdle(server.pid);
    const timeForReaders = cpuTimeOf(server.pid) - startOfReaders;
    const openMeanwhile = countOpenFiles(server.pid);

    await Promise.all(readers.map((reader) => reader.cancel()));
    await until(() => countOpenFiles(server.pid) <= openBefore + 1);
    const isIdleAfterwards = await untilIdle(server.pid);
    const timeAfterwards = cpuTimeOf(server.pid) - startOfReaders - timeForReaders;
    const openAfterwards = countOpenFiles(server.pid);
    // The server's own writes may delay the checkpoint for a moment, a reader that is left over would for ever.
    const isCheckpointed = await until(async () => {
      const [row] = await queryElsewhere(`${folder.path}/connections.db`, "pragma wal_checkpoint(truncate)");
      return row?.busy === 0;
    });

    report(
      "the server stops reading, and nothing stays open",
      `${READERS} readers took the beginning of ${Math.round(size / 1e6)} MB, paused, and left`,
      {
        "processor time for one whole download in ms": timeForOne,
        [`for ${READERS} that pause`]: timeForReaders,
        "after they left": timeAfterwards,
        "open files before": openBefore,
        "with the readers": openMeanwhile,
        "after they left, open files": openAfterwards,
        "memory in MB after one download": memory,
        [`after ${READERS} more`]: memoryOf(server.pid),
        "reads left over in the database": Number(!isCheckpointed),
      },
    );
    assert.ok(openMeanwhile >= openBefore + READERS - 1);
    assert.ok(openAfterwards <= openBefore + 1, "one is the connection that fetch keeps");
    assert.deepEqual([isIdleBesidePaused, isIdleAfterwards], [true, true]);
    assert.ok(timeForReaders < timeForOne * READERS / 2, `${timeForReaders} ms`);
    assert.ok(timeAfterwards < timeForOne, `${timeAfterwards} ms`);
    assert.equal(isCheckpointed, true);
    assert.equal(await browsers[0]!.isIn(), true);
  },
);
