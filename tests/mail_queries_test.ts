import assert from "node:assert/strict";
import { addMailedLink, removeLink } from "../db/accounts/links.ts";
import { findOrigin } from "../db/mail/origins.ts";
import {
  addMail,
  claimMail,
  endMail,
  findNextDue,
  findRecipient,
  holdMail,
  type Mail,
  retryMail,
} from "../db/mail/outbox.ts";
import { outbox } from "../db/schema.ts";
import type { AppOptions } from "../http/env.ts";
import { paths } from "../http/paths.ts";
import { addAccount, EMAIL, PASSWORD, START, startApp } from "./app.ts";
import { CHROME, countryOf, LAGOS, MADRID, steal } from "./elsewhere.ts";
import { assertIndexed, planOf } from "./plans.ts";
import { startRemote } from "./remote.ts";

const NEW = "a much better password than before";
const MAIL: Mail = {
  ...{ id: "an id", userId: "an account", event: "unusual", about: "a connection", recipient: null },
  ...{ happenedAt: START, attempts: 0, dueAt: START },
};
const CLAIMED: { mails: [Mail]; until: number } = { mails: [MAIL], until: START };

Deno.test("the outbox is searched by its indexes, however much is in it", async () => {
  assertIndexed(await planOf((db) => findNextDue(db)));
  // What one account is told at once is sorted, a thousand at most.
  assertIndexed(await planOf((db) => claimMail(db, START)), ["USE TEMP B-TREE FOR ORDER BY"]);
  assertIndexed(await planOf((db) => findRecipient(db, "an account", START)));
  assertIndexed(await planOf((db) => endMail(db, [MAIL], true, START)));
  assertIndexed(await planOf((db) => holdMail(db, CLAIMED, [MAIL], START)));
  assertIndexed(await planOf((db) => retryMail(db, CLAIMED, [MAIL], START)));
  assertIndexed(await planOf(async (db) => void await addMail(db, { userId: "an account", event: "locked" }, START)));
});

Deno.test("where something happened is found by indexes, and so are the links of mails", async () => {
  assertIndexed(await planOf((db) => findOrigin(db, MAIL)));
  assertIndexed(await planOf((db) => findOrigin(db, { ...MAIL, event: "moved" })));
  // An account has a row for each of some forty clients an hour.
  assertIndexed(await planOf((db) => findOrigin(db, { ...MAIL, event: "locked" })), ["USE TEMP B-TREE FOR ORDER BY"]);
  const link = { mail: MAIL, to: EMAIL, purpose: "forgotten", expiresAt: START } as const;
  // An account has some ten at most.
  assertIndexed(await planOf((db) => addMailedLink(db, link)), ["USE TEMP B-TREE FOR ORDER BY"]);
  assertIndexed(await planOf((db) => removeLink(db, "a token")));
});

// Security: remote database
Deno.test("mail costs a request no extra call", async () => {
  const silent = { mail: { wake: () => {} } };

  assert.deepEqual(await countCalls(silent), await countCalls({}));
});

/** The calls of an unusual sign-in, a move and a change of the password, and what is in the outbox then. */
async function countCalls(changes: Partial<AppOptions>): Promise<number[]> {
  await using remote = await startRemote();
  await addAccount(remote.db, EMAIL, PASSWORD);
  const site = await startApp({ db: remote.db, countryOf, ...changes });
  const here = site.browser(MADRID);
  await here.signIn();
  const acts = [
    () => site.browser(LAGOS, CHROME).signIn(),
    () => steal(site, here).get(paths.preferences),
    () => here.submit(paths.password, { current_password: PASSWORD, new_password: NEW, new_password_again: NEW }),
  ];
  const counts = [];
  for (const act of acts) {
    const before = remote.calls.length;
    await act();
    counts.push(remote.calls.length - before);
  }
  assert.equal(await remote.db.$count(outbox), changes.mail ? 3 : 0);
  return counts;
}
