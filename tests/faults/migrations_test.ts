import assert from "node:assert/strict";
import { openClient } from "../../db/driver/client.ts";
import { paths } from "../../http/paths.ts";
import { startHrana } from "../hrana.ts";
import { createOldDatabase } from "../old_database.ts";
import { flagsOf, makeFolder, processOf, startServer } from "../processes.ts";
import { queryElsewhere, readLines, runScript } from "./other_process.ts";
import { until, wait } from "./process.ts";
import { report } from "./report.ts";

const MILLION = 1_000_000;
/** A libSQL server's, in milliseconds. */
const WRITE_LIMIT = 5_000;

// Security: migrations
Deno.test("two servers that start over a remote database of a million connections of the first version migrate it, while another client writes", async () => {
  await using folder = await makeFolder();
  await using remote = await startServerOf(WRITE_LIMIT);
  await createOldDatabase(remote.file, MILLION);
  const traffic = keepWriting(remote.url);
  const began = performance.now();

  const servers = await Promise.all([1, 2].map(() => startServer("start", folder, { DATABASE_URL: remote.url })));

  const took = performance.now() - began;
  const { written, refused } = await traffic.end();
  await using one = servers[0]!;
  await using other = servers[1]!;
  const here = one.browser();
  const signIn = await here.signIn();
  const page = await here.get(paths.connections);
  const elsewhere = await other.browser().signIn();
  const rows = await remote.query<{ kind: string; rows: number }>(
    "select device_kind as kind, count(*) as rows from connections where id like 'old-%' group by 1 order by 1",
  );
  const known = await remote.query("select kind, count(*) as traits from known group by 1 order by 1");
  const [applied] = await remote.query("select count(*) as rows from __drizzle_migrations");
  const [counter] = await remote.query("select count from limits where key = 'traffic'");
  report("a database of any age and size is migrated, beside other clients", "a million rows, and 5 s for a write", {
    "seconds until both servers listened": Math.round(took / 1000),
    "writes of the other client": written,
    "of it refused": refused,
  });
  assert.deepEqual([signIn.status, page.status, elsewhere.status], [303, 200, 303]);
  assert.deepEqual(rows, [{ kind: "computer", rows: MILLION / 2 }, { kind: "phone", rows: MILLION / 2 }]);
  assert.deepEqual(known, [
    { kind: "country", traits: 1 },
    { kind: "device", traits: 2 },
    { kind: "network", traits: 50 },
  ]);
  assert.deepEqual([applied, counter], [{ rows: 9 }, { count: written }]);
});

// Security: migrations
Deno.test("a server that is killed while it migrates an embedded database leaves the rest to the next two that start at once", async () => {
  await using folder = await makeFolder();
  const path = `${folder.path}/connections.db`;
  await createOldDatabase(path, MILLION / 4);
  const process = processOf(await flagsOf("start"), folder, {});
  const count = async (condition: string) =>
    Number((await queryElsewhere(path, `select count(*) as rows from connections where ${condition}`))[0]?.rows);
  await until(async () => {
    const [{ columns } = {}] = await queryElsewhere(
      path,
      "select count(*) as columns from pragma_table_info('connections') where name = 'device_kind'",
    );
    return columns === 1 && await count("device_kind <> 'unknown'") > 0;
  });
  process.kill("SIGKILL");
  await Promise.all([process.status, process.stdout.cancel(), process.stderr.cancel(), process.stdin.close()]);
  const left = await count("device_kind = 'unknown'");

  const servers = await Promise.all([1, 2].map(() => startServer("start", folder)));

  await using one = servers[0]!;
  await using other = servers[1]!;
  const signIns = [await one.browser().signIn(), await other.browser().signIn()];
  const applied = await queryElsewhere(path, "select created_at from __drizzle_migrations");
  report("a migration that was killed is continued", "a quarter of a million rows, and SIGKILL", {
    "rows left": left,
    "rows left in the end": await count("device_kind = 'unknown'"),
  });
  assert.ok(left > 0);
  assert.deepEqual(signIns.map(({ status }) => status), [303, 303]);
  assert.equal(await count("device_kind = 'unknown' and id like 'old-%'"), 0);
  assert.equal(applied.length, 9);
});

Deno.test("the fake database server rolls back a long write when another one waits for it, and when its client leaves", async () => {
  await using hrana = await startHrana({ writeLimit: 200 });
  const patient = await (await openClient(hrana.url)).withDeadline(60_000);
  const hasty = await patient.withDeadline(200);
  await patient.execute("create table numbers (i)");
  const long =
    "insert into numbers with recursive n (i) as (select 1 union all select i + 1 from n where i < 3e6) select i from n";
  const count = async () => (await patient.execute("select count(*) from numbers")).rows[0]?.[0];

  const stolen = await Promise.allSettled([patient.execute(long), patient.execute("insert into numbers values (0)")]);
  const afterStolen = await count();
  const left = await Promise.allSettled([hasty.execute(long)]);
  const afterLeft = await count();
  await patient.execute(long);

  assert.deepEqual(stolen.map(({ status }) => status), ["rejected", "fulfilled"]);
  assert.deepEqual(left.map(({ status }) => status), ["rejected"]);
  assert.deepEqual([afterStolen, afterLeft, await count()], [1, 1, 3_000_001]);
});

/** The fake database server, as a process, because its statements block it. */
async function startServerOf(writeLimit: number) {
  const process = runScript(`
    import { startHrana } from ${JSON.stringify(import.meta.resolve("../hrana.ts"))};
    await using hrana = await startHrana({ writeLimit: ${writeLimit} });
    console.log(JSON.stringify({ url: hrana.url, file: hrana.file }));
    await Deno.stdin.read(new Uint8Array(1));`);
  const lines = readLines(process);
  const { url, file }: { url: string; file: string } = JSON.parse((await lines.next()).value ?? "");
  return {
    url,
    file,
    query: async <Row extends Record<string, unknown>>(sql: string) => {
      const client = await openClient(url);
      const { rows, columns } = await (await client.withDeadline(60_000)).execute(sql);
      return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])) as Row);
    },
    async [Symbol.asyncDispose]() {
      await process.stdin.close();
      await Array.fromAsync(lines);
    },
  };
}

/** Writes some times a second, until `end`. */
function keepWriting(url: string) {
  let isOver = false;
  const counts = { written: 0, refused: 0 };
  const writing = (async () => {
    const client = await (await openClient(url)).withDeadline(60_000);
    while (!isOver) {
      await client.execute(
        "insert into limits values ('traffic', 1, 9e15) on conflict do update set count = count + 1",
      ).then(() => counts.written++, () => counts.refused++);
      await wait(200);
    }
  })();
  return {
    async end() {
      isOver = true;
      await writing;
      return counts;
    },
  };
}
