import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { makeFolder, startServer } from "../processes.ts";
import { until } from "./process.ts";
import { report } from "./report.ts";

// Security: unhandled rejection
Deno.test("an unhandled rejection is logged, and the server continues", async () => {
  await using folder = await makeFolder();
  await using server = await startServer("start", folder, {}, { preload: import.meta.resolve("./rejection.ts") });
  const logged = () => server.output.filter((line) => line.includes('"sys_crash"'));

  for (let i = 1; i <= 3; i++) {
    Deno.kill(server.pid, "SIGUSR2");
    await until(() => logged().length === i);
  }

  const { status } = await server.browser().get(paths.signIn);
  const code = await server.stop();
  report("an unhandled rejection is logged, and the process continues", "three promises rejected in a running server", {
    rejections: 3,
    logged: logged().length,
    "status of the next response": status,
    "exit code": code,
  });
  assert.equal(logged().length, 3);
  assert.match(JSON.parse(logged()[0]!).error, /^Error: nobody handles this/);
  assert.deepEqual([status, code], [200, 0]);
});
