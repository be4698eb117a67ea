import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { makeFolder, startServer } from "../processes.ts";
import { until } from "./process.ts";
import { report } from "./report.ts";

// Security: unhandled rejection
Deno.test("a rejection that nobody handles is logged, and the server goes on", async () => {
  await using folder = await makeFolder();
  await using server = await startServer("start", folder, {}, { preload: import.meta.resolve("./rejection.ts") });
  const logged = () => server.output.filter((line) => line.includes('"sys_crash"'));

  for (let i = 1; i <= 3; i++) {
    Deno.kill(server.pid, "SIGUSR2");
    await until(() => logged().length === i);
  }

  const { status } = await server.browser().get(paths.signIn);
  const code = await server.stop();
  report("an unhandled rejection is logged, and the process lives", "three promises rejected in a running server", {
    rejections: 3,
    logged: logged().length,
    "answer afterwards": status,
    "status at its end": code,
  });
  assert.equal(logged().length, 3);
  assert.match(JSON.parse(logged()[0]!).error, /^Error: nobody waits for this/);
  assert.deepEqual([status, code], [200, 0]);
});
