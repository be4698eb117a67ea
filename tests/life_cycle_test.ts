import assert from "node:assert/strict";
import fc from "fast-check";
import { openDatabase } from "../db/database.ts";
import { closeAsOperator } from "../db/connections.ts";
import { listHistory } from "../db/history/rows.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { findUser, resetPassword } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { addAccount, Browser, CHEAP, DAY, EMAIL, HOUR, MINUTE, PASSWORD, START, startApp } from "./app.ts";
import { rowId } from "../views/history/connection_row.ts";

const SECOND = 1_000;
const EMAILS = [EMAIL, "joan@example.com"] as const;
const WRONG = "not the password at all";

type Step =
  | {
    do: "signIn" | "signOut" | "closeAll" | "closeOne" | "changePassword";
    who: number;
    which: number;
    isRight: boolean;
  }
  | { do: "operatorCloses" | "operatorSetsPassword"; account: number }
  | { do: "operatorClosesAll" }
  | { do: "wait"; milliseconds: number };

const who = fc.nat({ max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("signIn" as const), who, which: fc.nat(), isRight: mostly(true) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("signOut", "closeAll", "closeOne", "closeOne", "changePassword"),
      who,
      which: fc.nat(),
      isRight: mostly(true),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("operatorCloses", "operatorSetsPassword"),
      account: fc.nat({ max: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "operatorClosesAll" as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      // Beyond an old secret's grace, a recent password, the idle limit and the longest lifetime; and back.
      milliseconds: fc.constantFrom(
        5 * SECOND,
        11 * SECOND,
        6 * MINUTE,
        HOUR,
        3 * DAY,
        8 * DAY,
        31 * DAY,
        -MINUTE,
        -DAY,
      ),
    }),
  },
);

// ASVS 7.4.1
// Security: invariant
Deno.test("a browser gets in if and only if the history shows its connection open, whatever happened before", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
      await using life = await startLife();
      for (const each of steps) {
        await life.take(each);
        await life.assertInvariant();
      }
    }),
    { numRuns: 25 },
  );
});

/** Starts two accounts with three browsers each, over two instances of the app on one database, which take turns in answering. */
async function startLife() {
  const folder = await Deno.makeTempDir({ prefix: "connections-" });
  const databases = [
    await openDatabase(`file:${folder}/life.db`),
    await openDatabase(`file:${folder}/life.db`),
  ] as const;
  const [db] = databases;
  const clock = { now: START };
  const pending = new Set<Promise<void>>();
  const shared = { now: () => clock.now, waitUntil: (work: Promise<void>) => void pending.add(work) };
  const instances = await Promise.all(databases.map((each) => startApp({ db: each, ...shared })));
  let turn = 0;
  const either = {
    fetch: (request: Request, env: object) => instances[turn++ % instances.length]!.app.fetch(request, env),
  };
  for (const email of EMAILS) await addAccount(db, email, PASSWORD);
  const userIds = await Promise.all(EMAILS.map(async (email) => (await findUser(db, email))!.id));
  const browsers = Array.from({ length: 6 }, (_, i) => new Browser(either, pending, `203.0.113.${i}`));
  const passwords: string[] = EMAILS.map(() => PASSWORD);
  /** Cookies whose secret was replaced, with the time. */
  const retired: { cookie: string; at: number }[] = [];

  async function openIds(account: number): Promise<string[]> {
    const filter = { state: "open" as const };
    const { entries } = await listHistory(db, {
      userId: userIds[account]!,
      filter,
      before: null,
      limit: 1000,
      now: clock.now,
    });
    return entries.map(({ id }) => id).sort();
  }

  /** Finds the connection of a browser's cookie by the cookie's public part. */
  async function connectionOf(browser: Browser): Promise<string | undefined> {
    const id = browser.cookies.get("session")?.split(".")[0] ?? "";
    return (await db.query.sessions.findFirst({ where: (session, { eq }) => eq(session.id, id) }))?.connectionId;
  }

  async function take(step: Step): Promise<void> {
    switch (step.do) {
      case "wait":
        clock.now += step.milliseconds;
        return;
      case "operatorClosesAll":
        await closeAsOperator(db, "everyone", clock.now);
        assert.deepEqual([await openIds(0), await openIds(1)], [[], []]);
        return;
      case "operatorCloses":
        await closeAsOperator(db, userIds[step.account]!, clock.now);
        assert.deepEqual(await openIds(step.account), []);
        return;
      case "operatorSetsPassword": {
        const next = `${PASSWORD} ${turn}`;
        const user = await findUser(db, EMAILS[step.account]!);
        await resetPassword(db, user!, (await createPasswords(CHEAP).hash(next))!, clock.now);
        passwords[step.account] = next;
        assert.deepEqual(await openIds(step.account), []);
        return;
      }
      default:
        return await act(step);
    }
  }

  async function act({ do: action, who, which, isRight }: Extract<Step, { who: number }>): Promise<void> {
    const account = who % 2;
    const browser = browsers[who]!;
    const password = isRight ? passwords[account]! : WRONG;
    const isIn = await browser.isIn();
    if (isIn === (action === "signIn")) return;

    const before = { cookie: browser.cookies.get("session")!, open: await openIds(account) };
    switch (action) {
      case "signIn": {
        const { status } = await browser.signIn(EMAILS[account], password);
        if (!isRight) assert.notEqual(status, 303);
        return;
      }
      case "signOut":
        await browser.signOut();
        assert.equal(await browser.isIn(), false);
        return;
      case "closeAll":
        if (before.open.length > 1) await close(browser, paths.closeAll, password);
        break;
      case "closeOne": {
        const id = before.open[which % before.open.length]!;
        if (id !== await connectionOf(browser)) await close(browser, paths.closeOne(id), password);
        break;
      }
      case "changePassword": {
        const next = `${PASSWORD} ${turn}`;
        const fields = { current_password: password, new_password: next, new_password_again: next };
        const { status } = await browser.submit(paths.password, fields);
        if (status === 303) passwords[account] = next;
        assert.deepEqual(await openIds(account), status === 303 ? [await connectionOf(browser)] : before.open);
      }
    }
    // Closing others never ends one's own connection.
    assert.equal(await browser.isIn(), true);
    const cookie = browser.cookies.get("session")!;
    if (cookie !== before.cookie) retired.push({ cookie: before.cookie, at: clock.now });
  }

  /** Sends a confirmation as it is shown: with the password if it asks for one. */
  async function close(browser: Browser, path: string, password: string): Promise<void> {
    const account = browsers.indexOf(browser) % 2;
    const before = await openIds(account);
    const isAsked = (await browser.get(path)).$("main [name=password]").length > 0;
    const { status } = await browser.submit(path, isAsked ? { password } : {});
    const after = await openIds(account);
    if (status === 303) assert.ok(after.length < before.length);
    else assert.deepEqual(after, before);
    if (isAsked && password === WRONG) assert.notEqual(status, 303);
  }

  async function assertInvariant(): Promise<void> {
    const open = [await openIds(0), await openIds(1)];
    for (const [who, browser] of browsers.entries()) {
      const id = await connectionOf(browser);
      const shown = open[who % 2]!;
      // Twice, so that both instances answer.
      for (const _ of instances) {
        const { status, $ } = await browser.get(`${paths.connections}?state=open`);
        assert.equal(status === 200, id !== undefined && shown.includes(id), `${who} at ${clock.now}`);
        if (status !== 200) continue;
        const rows = $("tbody tr").toArray().map((row) => $(row).attr("id"));
        assert.deepEqual(rows.sort(), shown.map(rowId).sort());
        assert.equal($("tr.current").attr("id"), rowId(id ?? ""));
      }
    }
    const inUse = new Set(browsers.map((browser) => browser.cookies.get("session")));
    assert.equal(new Set(open.flat()).size, open.flat().length);
    for (const { cookie, at } of retired) {
      const thief = new Browser(either, pending);
      thief.cookies.set("session", cookie);
      const isInGrace = clock.now >= at && clock.now < at + 10 * SECOND;
      if (!inUse.has(cookie) && !isInGrace) assert.equal(await thief.isIn(), false);
    }
  }

  return {
    take,
    assertInvariant,
    async [Symbol.asyncDispose]() {
      await Promise.all(pending);
      for (const each of databases) each.$client.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function mostly(value: boolean): fc.Arbitrary<boolean> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constant(!value) });
}
