import assert from "node:assert/strict";
import { makeFolder, startServer } from "../processes.ts";
import { countOpenFiles } from "./process.ts";
import { report } from "./report.ts";

const MAX_OPEN_FILES = 128;

// Security: listener
Deno.test(
  "when idle clients use up the file descriptors and the listener ends, the process logs it and ends with status 1",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    await using folder = await makeFolder();
    await using server = await startServer("start", folder, {}, { maxOpenFiles: MAX_OPEN_FILES });
    const { port } = new URL(server.address);
    const openBefore = countOpenFiles(server.pid);
    const connections: Deno.Conn[] = [];

    const ending = server.end();
    let hasEnded = false;
    ending.finally(() => hasEnded = true);
    while (!hasEnded && connections.length < 2 * MAX_OPEN_FILES) {
      await Deno.connect({ hostname: "127.0.0.1", port: Number(port) }).then(
        (connection) => connections.push(connection),
        () => {},
      );
    }
    const code = await ending;

    for (const connection of connections) connection.close();
    const lines = server.output.filter((line) => line.includes('"event":"sys_crash"'));
    report("the process ends, so that its service manager starts another", "idle clients until accepting one failed", {
      "open files before": openBefore,
      "allowed": MAX_OPEN_FILES,
      "clients": connections.length,
      "exit code": code,
    });
    assert.equal(code, 1);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /"part":"listener"/);
  },
);
