import assert from "node:assert/strict";
import { makeFolder, startServer } from "../processes.ts";
import { readElsewhere } from "./elsewhere.ts";
import { until, wait } from "./process.ts";
import { report } from "./report.ts";
import { Acknowledged, addAccounts, findLost, keepSigningIn } from "./traffic.ts";

const ROUNDS = 20;

// Security: kill
Deno.test("a server killed in the middle of sign-ins and closings has on disk what it acknowledged, 20 times in a row", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  await addAccounts(folder);
  const acknowledged = new Acknowledged();
  let clean = 0;

  for (let round = 0; round < ROUNDS; round++) {
    await using server = await startServer("start", folder);
    let isDead = false;
    const kill = async () => {
      const enough = countAll(acknowledged) + 1 + Math.floor(Math.random() * 8);
      await until(() => countAll(acknowledged) >= enough);
      // Somewhere in the middle of the next ones.
      await wait(Math.random() * 100);
      assert.equal(await server.stop("SIGKILL"), 137);
      isDead = true;
    };
    await Promise.all([keepSigningIn(server, acknowledged, () => isDead), kill()]);
    const [row] = await readElsewhere(path, "pragma integrity_check");
    if (row?.integrity_check === "ok") clean++;
    // A try that was cut off counts as a failure for some minutes. Here they would add up.
    await readElsewhere(path, "delete from limits returning key");
  }

  const lost = await findLost(path, acknowledged);
  report("kill -9 loses nothing that was acknowledged, and harms no file", `killed ${ROUNDS} servers under load`, {
    rounds: ROUNDS,
    "integrity checks that say ok": clean,
    ...acknowledged.counts,
    lost: lost.length,
  });
  assert.equal(clean, ROUNDS);
  assert.ok(acknowledged.unanswered > 0, "no server was killed in the middle of anything");
  assert.ok(acknowledged.signIns.length > ROUNDS && acknowledged.closings.length > 0);
  assert.deepEqual(lost, []);
});

function countAll({ signIns, closings, signOuts }: Acknowledged): number {
  return signIns.length + closings.length + signOuts.length;
}
