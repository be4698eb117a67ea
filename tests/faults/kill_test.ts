import assert from "node:assert/strict";
import { makeFolder, startServer } from "../processes.ts";
import { queryElsewhere } from "./other_process.ts";
import { until, wait } from "./process.ts";
import { report } from "./report.ts";
import { Acknowledged, addAccounts, findLost, keepSigningIn } from "./traffic.ts";

const ROUNDS = 20;

// Security: kill
Deno.test("a server killed during sign-ins and closings has everything that it acknowledged on disk, 20 times in a row", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  await addAccounts(folder);
  const acknowledged = new Acknowledged();
  let intact = 0;

  for (let round = 0; round < ROUNDS; round++) {
    await using server = await startServer("start", folder);
    let isDead = false;
    const kill = async () => {
      const enough = countAll(acknowledged) + 1 + Math.floor(Math.random() * 8);
      await until(() => countAll(acknowledged) >= enough);
      // In the middle of what follows.
      await wait(Math.random() * 100);
      const code = await server.stop("SIGKILL");
      isDead = true;
      assert.equal(code, 137);
    };
    await Promise.all([keepSigningIn(server, acknowledged, () => isDead), kill()]);
    const [row] = await queryElsewhere(path, "pragma integrity_check");
    if (row?.integrity_check === "ok") intact++;
    // An attempt that was cut off counts as a failure for some minutes. Here they would add up.
    await queryElsewhere(path, "delete from limits returning key");
  }

  const lost = await findLost(path, acknowledged);
  report(
    "SIGKILL loses nothing that was acknowledged, and damages no file",
    `${ROUNDS} servers were killed under load`,
    {
      rounds: ROUNDS,
      "successful integrity checks": intact,
      ...acknowledged.counts,
      lost: lost.length,
    },
  );
  assert.equal(intact, ROUNDS);
  assert.ok(acknowledged.cutOff > 0, "no server was killed during a request");
  assert.ok(acknowledged.signIns.length > ROUNDS && acknowledged.closings.length > 0);
  assert.deepEqual(lost, []);
});

function countAll({ signIns, closings, signOuts }: Acknowledged): number {
  return signIns.length + closings.length + signOuts.length;
}
