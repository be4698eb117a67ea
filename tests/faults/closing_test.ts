import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { type Browser, EMAIL } from "../app.ts";
import { makeFolder, startServer } from "../processes.ts";
import { queryElsewhere } from "./other_process.ts";
import { report } from "./report.ts";
import { addAccounts } from "./traffic.ts";

const ROUNDS = 10;

// Security: closing at once
Deno.test("when two browsers close all others at once, at two servers and during a sign-in, one of them stays signed in, nothing is closed twice, and the notifications match the rows", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  await addAccounts(folder, [EMAIL]);
  await using one = await startServer("start", folder);
  await using other = await startServer("start", folder);
  const counts = { announced: 0, closed: 0, bothOut: 0, bothIn: 0, wrong: 0 };

  for (let round = 0; round < ROUNDS; round++) {
    const [here, there, phone, late] = [one.browser(), other.browser(), one.browser(), other.browser()];
    for (const browser of [here, there, phone]) await browser.signIn();
    const [csrfHere, csrfThere] = [await csrfOf(here), await csrfOf(there)];
    const [first, , second] = await Promise.all([
      here.post(paths.closeAll, { csrf: csrfHere }),
      late.signIn(),
      there.post(paths.closeAll, { csrf: csrfThere }),
    ]);
    for (const [browser, { status }] of [[here, first], [there, second]] as const) {
      assert.equal(status, 303);
      const announced = Number(browser.cookies.get("notice")?.split(".")[1] ?? 0);
      counts.announced += announced;
      const [id] = browser.cookies.get("session")!.split(".");
      const rows = await queryElsewhere(
        path,
        `select o.id from connections o join sessions s on s.connection_id = o.closed_by where s.id = '${id}'`,
      );
      if (rows.length !== announced) counts.wrong++;
    }
    const areIn = [await here.isIn(), await there.isIn()];
    if (areIn.every(Boolean)) counts.bothIn++;
    if (!areIn.some(Boolean)) counts.bothOut++;
    for (const browser of [here, there, late]) if (await browser.isIn()) await browser.signOut();
  }

  const closed = await queryElsewhere(
    path,
    "select id, closed_by as 'by' from connections where end_reason = 'closed'",
  );
  counts.closed = closed.length;
  const closedThemselves = closed.filter(({ id, by }) => id === by).length;
  report(
    "nothing is closed twice, the current connection never, and the count is that of the rows",
    `in ${ROUNDS} rounds two browsers closed all others at once`,
    {
      rounds: ROUNDS,
      "closed according to the notifications": counts.announced,
      "rows closed": counts.closed,
      "notifications with another count": counts.wrong,
      "connections that closed themselves": closedThemselves,
      "rounds in which both stayed signed in": counts.bothIn,
      "in which neither did": counts.bothOut,
    },
  );
  assert.ok(counts.closed >= 2 * ROUNDS);
  assert.deepEqual(counts, { announced: counts.closed, closed: counts.closed, bothOut: 0, bothIn: 0, wrong: 0 });
  assert.equal(closedThemselves, 0);
});

/** The csrf value of the form that closes all others. */
async function csrfOf(browser: Browser): Promise<string> {
  const { $ } = await browser.get(paths.closeAll);
  return $("main [name=csrf]").attr("value") ?? "";
}
