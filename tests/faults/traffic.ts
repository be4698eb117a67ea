import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { openDatabase } from "../../db/database.ts";
import { paths } from "../../http/paths.ts";
import { addAccount, type Answer, type Browser, PASSWORD } from "../app.ts";
import type { Folder } from "../processes.ts";
import { readElsewhere } from "./elsewhere.ts";

/** Accounts whose sign-ins and closings go on beside each other. */
export const ACCOUNTS = ["marta@example.com", "joan@example.com", "jordi@example.com", "nuria@example.com"];

/** What the server said was done: it must be there afterwards, whatever happens. */
export class Acknowledged {
  /** Cookies of sign-ins. */
  readonly signIns: string[] = [];
  /** Cookies of those who closed all others, and how many that were, as the notification said. */
  readonly closings: { by: string; count: number }[] = [];
  readonly signOuts: string[] = [];
  /** Answers that nothing was done, because it could not be. */
  refused = 0;
  /** Requests whose answer never came. */
  unanswered = 0;

  get counts() {
    const { signIns, closings, signOuts, refused, unanswered } = this;
    return {
      "sign-ins": signIns.length,
      "closings of all others": closings.length,
      "connections closed by them": closings.reduce((sum, { count }) => sum + count, 0),
      "sign-outs": signOuts.length,
      "answered 503": refused,
      "cut off": unanswered,
    };
  }
}

/** A database with the accounts in it, before any server has it open. */
export async function addAccounts(folder: Folder, accounts = ACCOUNTS): Promise<void> {
  const db = await openDatabase(`file:${folder.path}/connections.db`);
  for (const account of accounts) await addAccount(db, account, PASSWORD);
  db.$client.close();
}

/**
 * Signs in twice, closes all others from the second browser, and every other time signs that one out too; again and again, at each
 * account beside the others, until `isOver` or the server is gone.
 */
export async function keepSigningIn(
  server: { browser(): Browser },
  acknowledged: Acknowledged,
  isOver: () => boolean,
  accounts = ACCOUNTS,
): Promise<void> {
  await Promise.all(accounts.map(async (account) => {
    for (let round = 0; !isOver(); round++) {
      const [first, second] = [server.browser(), server.browser()];
      await signIn(first, account, acknowledged);
      if (!await signIn(second, account, acknowledged)) continue;
      await closeOthers(second, acknowledged);
      if (round % 2 === 1) await signOut(second, acknowledged);
    }
  }));
}

async function signIn(browser: Browser, account: string, acknowledged: Acknowledged): Promise<boolean> {
  if (!await isDone(browser.signIn(account), acknowledged)) return false;
  acknowledged.signIns.push(cookieOf(browser));
  return true;
}

async function closeOthers(browser: Browser, acknowledged: Acknowledged): Promise<void> {
  const by = cookieOf(browser);
  if (!await isDone(browser.submit(paths.closeAll), acknowledged)) return;
  acknowledged.closings.push({ by, count: Number(browser.cookies.get("notice")?.split(".")[1]) });
}

async function signOut(browser: Browser, acknowledged: Acknowledged): Promise<void> {
  if (await isDone(browser.signOut(), acknowledged)) acknowledged.signOuts.push(cookieOf(browser));
}

/** Whether the answer says that it is done; it may say that it can't be now, or not come at all, and nothing else. */
async function isDone(answer: Promise<Answer>, acknowledged: Acknowledged): Promise<boolean> {
  try {
    const { status, headers } = await answer;
    if (status === 303) return true;
    assert.equal(status, 503);
    assert.ok(headers.get("Retry-After"));
    acknowledged.refused++;
  } catch (error) {
    // The server is gone; a page without its form is the 503 of a GET.
    if (error instanceof Error && /^There is no form on/.test(error.message)) acknowledged.refused++;
    else if (error instanceof TypeError) acknowledged.unanswered++;
    else throw error;
  }
  return false;
}

function cookieOf(browser: Browser): string {
  return browser.cookies.get("session") ?? "";
}

/** What was acknowledged and is not in the file, as another process reads it. */
export async function findLost(path: string, { signIns, closings, signOuts }: Acknowledged): Promise<string[]> {
  const rows = await readElsewhere(
    path,
    `select s.id, s.secret_hash as hash, c.id as connection, c.end_reason as reason, c.closed_by as closedBy,
      (select count(*) from connections o where o.closed_by = c.id) as closed
    from sessions s join connections c on c.id = s.connection_id`,
  );
  const found = new Map(rows.map((row) => [row.id, row]));
  const of = (cookie: string) => {
    const [id, secret = ""] = cookie.split(".");
    const row = found.get(id);
    return row?.hash === createHash("sha256").update(secret).digest("base64url") ? row : undefined;
  };
  return [
    ...signIns.filter((cookie) => !of(cookie)).map((cookie) => `the sign-in ${cookie}`),
    ...closings.filter(({ by, count }) => of(by)?.closed !== count).map(({ by, count }) =>
      `a closing of ${count} by ${by}, ${of(by)?.closed} found`
    ),
    ...signOuts.filter((cookie) => of(cookie)?.reason !== "signed_out").map((cookie) => `the sign-out of ${cookie}`),
  ];
}
