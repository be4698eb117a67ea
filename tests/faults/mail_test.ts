import assert from "node:assert/strict";
import { CLAIM } from "../../db/mail/outbox.ts";
import { paths } from "../../http/paths.ts";
import { PASSWORD } from "../app.ts";
import { startMailServer } from "../mail.ts";
import { flagsOf, makeFolder, run, startServer } from "../processes.ts";
import { queryElsewhere } from "./other_process.ts";
import { until, wait } from "./process.ts";
import { report } from "./report.ts";
import { addAccounts } from "./traffic.ts";

const ROUNDS = 20;
const NEW = "a much better password than before";
const FIELDS = { current_password: PASSWORD, new_password: NEW, new_password_again: NEW };

// Security: outbox
Deno.test("a server killed between an event and its mail sends it once, or twice if the mail server had accepted it, 20 times in a row", async () => {
  await using folder = await makeFolder();
  await using mail = await startMailServer();
  const emails = Array.from({ length: ROUNDS }, (_, i) => `owner-${i}@example.com`);
  await addAccounts(folder, emails);
  const takenAtDeath: number[] = [];

  for (const email of emails) {
    await using server = await startServer("start", folder, mail.variables);
    const here = server.browser();
    assert.equal((await here.signIn(email)).status, 303);
    assert.equal((await here.submit(paths.password, FIELDS)).status, 303);
    await wait(Math.random() * 400);
    assert.equal(await server.stop("SIGKILL"), 137);
    takenAtDeath.push(mail.received.filter(({ recipients }) => recipients.includes(email)).length);
  }
  const path = `${folder.path}/connections.db`;
  const countLeft = async () => Number((await queryElsewhere(path, "select count(*) as left from outbox"))[0]?.left);
  const left = await countLeft();
  await using _ = await startServer("start", folder, mail.variables);
  // What was claimed when its server was killed is free again after a while.
  for (const end = Date.now() + 2 * CLAIM; await countLeft() > 0 && Date.now() < end;) await wait(1_000);

  const told = emails.map((email) => mail.received.filter(({ recipients }) => recipients.includes(email)));
  report("each event is told once, or twice where the mail server had taken it", `${ROUNDS} servers were killed`, {
    "told before the kill": takenAtDeath.filter((count) => count > 0).length,
    "left in the outbox then": left,
    "told once": told.filter(({ length }) => length === 1).length,
    "told twice": told.filter(({ length }) => length === 2).length,
  });
  for (const [i, mails] of told.entries()) {
    assert.ok(mails.length === 1 || mails.length === 2 && takenAtDeath[i] === 1, `${emails[i]}: ${mails.length} mails`);
    assert.equal(new Set(mails.map(({ messageId }) => messageId)).size, 1);
  }
});

// Security: outbox
Deno.test("a running server finds what a command wrote within a minute", async () => {
  await using folder = await makeFolder();
  await using mail = await startMailServer();
  await addAccounts(folder, ["owner@example.com"]);
  await using _ = await startServer("start", folder, mail.variables);
  const start = Date.now();
  const { code } = await run(
    [...await flagsOf("users"), "methods", "owner@example.com", "--reset"],
    folder,
    mail.variables,
  );
  await mail.waitFor(1);

  assert.equal(code, 0);
  assert.ok(Date.now() - start < 70_000);
});

// Security: mail servers
Deno.test("a mail server that accepts connections and never answers delays neither requests nor a stop", async () => {
  await using folder = await makeFolder();
  await addAccounts(folder, ["owner@example.com"]);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) accepted.push(connection);
  })();
  const variables = { SMTP_URL: `smtp://127.0.0.1:${listener.addr.port}`, MAIL_FROM: "panel@example.com" };
  await using server = await startServer("start", folder, variables);
  const here = server.browser();
  await here.signIn("owner@example.com");
  await here.submit(paths.password, FIELDS);
  assert.ok(await until(() => accepted.length > 0));

  const start = performance.now();
  for (let i = 0; i < 20; i++) assert.equal((await here.get(paths.connections)).status, 200);
  const pages = performance.now() - start;
  const code = await server.stop();
  const stop = performance.now() - start - pages;

  report("a request and a stop don't wait for the mail server", "it never answers", {
    "pages in ms": Math.round(pages),
    "stop in ms": Math.round(stop),
  });
  assert.equal(code, 0);
  assert.ok(pages < 5_000 && stop < 5_000);
  const [row] = await queryElsewhere(`${folder.path}/connections.db`, "select event, attempts from outbox");
  assert.deepEqual(row, { event: "password_changed", attempts: 1 });
  for (const connection of accepted) connection.close();
  listener.close();
  await accepting;
});
