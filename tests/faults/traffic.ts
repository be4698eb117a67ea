import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { openDatabase } from "../../db/database.ts";
import { paths } from "../../http/paths.ts";
import { addAccount, type Browser, PASSWORD, type Reply } from "../app.ts";
import type { Folder } from "../processes.ts";
import { queryElsewhere } from "./other_process.ts";

/** The accounts that sign in and close concurrently. */
export const ACCOUNTS = ["marta@example.com", "joan@example.com", "jordi@example.com", "nuria@example.com"];

/** What the server said that it did, which must be in the database whatever happens. */
export class Acknowledged {
  /** The cookies of sign-ins. */
  readonly signIns: string[] = [];
  /** The cookies that closed all others, and how many that were according to the notification. */
  readonly closings: { by: string; count: number }[] = [];
  /** The cookies that signed out. */
  readonly signOuts: string[] = [];
  /** Responses that said that nothing was done. */
  refused = 0;
  /** Requests that got no response. */
  cutOff = 0;

  get counts() {
    const { signIns, closings, signOuts, refused, cutOff } = this;
    return {
      "sign-ins": signIns.length,
      "closings of all others": closings.length,
      "connections closed by them": closings.reduce((sum, { count }) => sum + count, 0),
      "sign-outs": signOuts.length,
      "503s": refused,
      "cut off": cutOff,
    };
  }
}

/** Makes a database with the accounts, before any server opens it. */
export async function addAccounts(folder: Folder, accounts = ACCOUNTS): Promise<void> {
  const db = await openDatabase(`file:${folder.path}/connections.db`);
  for (const account of accounts) await addAccount(db, account, PASSWORD);
  db.$client.close();
}

/**
 * At each account concurrently, signs in twice, closes all others from the second browser, and every other time signs out there, until
 * `isOver`, which is asked before each round.
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

/** Whether the response says that it was done. It may only be missing otherwise, or say that it can't be done now. */
async function isDone(response: Promise<Reply>, acknowledged: Acknowledged): Promise<boolean> {
  try {
    const { status, headers } = await response;
    if (status === 303) return true;
    assert.equal(status, 503);
    assert.ok(headers.get("Retry-After"));
    acknowledged.refused++;
  } catch (error) {
    // A page without its form is the 503 of a GET; a TypeError is fetch without a server.
    if (error instanceof Error && /^There is no form on/.test(error.message)) acknowledged.refused++;
    else if (error instanceof TypeError) acknowledged.cutOff++;
    else throw error;
  }
  return false;
}

function cookieOf(browser: Browser): string {
  return browser.cookies.get("session") ?? "";
}

/** Lists what was acknowledged and is not in the file, as read by another process. */
export async function findLost(path: string, { signIns, closings, signOuts }: Acknowledged): Promise<string[]> {
  const rows = await queryElsewhere(
    path,
    `select s.id, s.secret_hash as hash, c.id as connection, c.end_reason as reason, c.closed_by as closedBy,
      (select count(*) from connections o where o.closed_by = c.id) as closed
    from sessions s join connections c on c.id = s.connection_id`,
  );
  const sessions = new Map(rows.map((row) => [row.id, row]));
  const find = (cookie: string) => {
    const [id, secret = ""] = cookie.split(".");
    const row = sessions.get(id);
    return row?.hash === createHash("sha256").update(secret).digest("base64url") ? row : undefined;
  };
  return [
    ...signIns.filter((cookie) => !find(cookie)).map((cookie) => `the sign-in ${cookie}`),
    ...closings.filter(({ by, count }) => find(by)?.closed !== count).map(({ by, count }) =>
      `a closing of ${count} by ${by}, ${find(by)?.closed} found`
    ),
    ...signOuts.filter((cookie) => find(cookie)?.reason !== "signed_out").map((cookie) => `the sign-out of ${cookie}`),
  ];
}
