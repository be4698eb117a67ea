import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { type Guess, reserveAttempt } from "../db/limits.ts";
import { EMAIL, HOUR, MINUTE, START } from "./app.ts";
import { guessFrom } from "./verbs.ts";

const ROOT = new URL("../", import.meta.url);

// The sources are read as text: an id is a comment, and most functions named in the tables are private to their modules.

Deno.test("docs/security.md has exactly the ids that are above tests", async () => {
  const documented = (await readRows()).flatMap(({ ids }) => ids);
  const tested = (await readTests()).flatMap(({ ids }) => ids);

  assert.ok(documented.length >= 30);
  assert.equal(new Set(documented).size, documented.length, "each id has one row");
  assert.deepEqual([...new Set(tested)].sort(), documented.toSorted());
});

Deno.test("every row of docs/security.md names existing tests with its id", async () => {
  const tests = await readTests();

  for (const { ids, shown } of await readRows()) {
    const named = [...shown.matchAll(/`(tests\/[\w/]+_test\.ts)`: ("[^"]+"(?:, "[^"]+")*)/g)].flatMap((
      [_, file, titles],
    ) => [...titles!.matchAll(/"([^"]+)"/g)].map(([_, part]) => ({ file: file!, part: part! })));
    assert.ok(named.length > 0, `${ids} names no test`);
    for (const { file, part } of named) {
      const found = tests.filter((test) => test.file === file && test.title.includes(part));
      assert.ok(found.length > 0, `No test with an id in ${file} has "${part}" in its title`);
      assert.ok(found.every((test) => test.ids.some((id) => ids.includes(id))), `A test "${part}" lacks the id ${ids}`);
    }
  }
});

Deno.test("every row of docs/security.md names existing functions, with their files", async () => {
  for (const { ids, enforced } of await readRows()) {
    const named = [...enforced.matchAll(/`([\w/]+\.tsx?)`: (`\w+`(?:, `\w+`)*)/g)];
    assert.ok(named.length > 0 || enforced.includes("`views/`"), `${ids} names no function`);
    for (const [_, file, names] of named) {
      const code = await Deno.readTextFile(new URL(file!, ROOT));
      for (const [_, name] of names!.matchAll(/`(\w+)`/g)) {
        assert.match(code, new RegExp(`(function|const) ${name}\\b`), `${file} has no ${name}`);
      }
    }
  }
});

// ASVS 6.1.1
Deno.test("docs/security.md describes the limiter's budgets correctly", async () => {
  const text = (await readDocument()).replace(/\s+/g, " ");
  const db = await openDatabase(":memory:");
  const failuresUntilRefused = async (guess: (i: number) => Guess, pause: number) => {
    for (let i = 0;; i++) {
      const outcome = await reserveAttempt(db, guess(i), START + i * pause);
      if ("retryAfter" in outcome) return { failures: i, wait: outcome.retryAfter };
    }
  };
  const known = (kind: "session" | "browser") => () =>
    guessFrom("203.0.113.9", { email: EMAIL, standing: { kind, id: "its id" } });
  const network = { kind: "network" } as const;

  const ofSession = await failuresUntilRefused(known("session"), MINUTE);
  const ofBrowser = await failuresUntilRefused(known("browser"), MINUTE);
  const address = await failuresUntilRefused(() => guessFrom("203.0.113.1", { email: EMAIL }), 0);
  const account = await failuresUntilRefused((i) => guessFrom(`198.51.100.${i}`, { email: "joan@example.com" }), 0);
  const run = await failuresUntilRefused((i) => guessFrom(`192.0.2.${i}`, { email: "jordi@example.com" }), HOUR);
  const networks = await failuresUntilRefused(
    (i) => guessFrom(`46.16.60.${i}`, { email: EMAIL, standing: network }),
    0,
  );

  assert.ok(text.includes(`A session has ${ofSession.failures} failures in a row`));
  assert.equal(ofBrowser.failures, ofSession.failures);
  assert.ok(text.includes(`An address has ${address.failures} failures in ${address.wait / MINUTE} minutes`));
  assert.ok(text.includes(`Strangers have ${account.failures} failures in an hour`) && account.wait === HOUR);
  assert.ok(text.includes(`Known networks have ${networks.failures} failures in an hour`) && networks.wait === HOUR);
  assert.ok(
    text.includes(`After ${run.failures} failures in a row an account accepts no password from strangers for 24 hours`),
  );
  assert.equal(run.wait, 24 * HOUR - HOUR, "the last failure was an hour ago");
});

type Row = { ids: string[]; enforced: string; shown: string };

function readDocument(): Promise<string> {
  return Deno.readTextFile(new URL("docs/security.md", ROOT));
}

/** Reads the rows of all its tables. */
async function readRows(): Promise<Row[]> {
  const cells = (await readDocument()).split("\n").filter((line) => /^\| (?!id |-)/.test(line)).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
  return cells.map(([ids = "", _, enforced = "", shown = ""]) => ({ ids: ids.split(", "), enforced, shown }));
}

/** Finds every test with an id, which is in a comment right above it. */
async function readTests(): Promise<{ file: string; title: string; ids: string[] }[]> {
  const files = (await Promise.all(
    ["tests", "tests/browser", "tests/faults", "tests/hostile"].map(async (folder) =>
      (await Array.fromAsync(Deno.readDir(new URL(folder, ROOT)))).map(({ name }) => `${folder}/${name}`)
    ),
  )).flat().filter((file) => file.endsWith("_test.ts"));
  return (await Promise.all(files.map(async (file) => {
    const code = await Deno.readTextFile(new URL(file, ROOT));
    const tests = [
      ...code.matchAll(
        /((?:^\/\/ (?:ASVS|Security: ).*\n)+)(?:Deno\.test|inBrowser)\(\s*(?:\{\s*name: )?(["'`])(.+?)\2,/gm,
      ),
    ].map(([_, ids, __, title]) => ({ file, title: title!, comments: ids!.trim().split("\n") }));
    const comments = code.match(/^\/\/ (ASVS|Security: ).*/gm) ?? [];
    assert.deepEqual(tests.flatMap((test) => test.comments), comments, `${file}: an id is above no test`);
    return tests.map(({ comments, ...test }) => ({
      ...test,
      ids: comments.flatMap((comment) => comment.slice(3).split(", ")).map((id) =>
        id.replace(/^(ASVS|Security:) /, "")
      ),
    }));
  }))).flat();
}
