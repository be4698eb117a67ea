import { createPasswords } from "../credentials/passwords.ts";
import { passwordProblem, SHORTEST_PASSWORD } from "../credentials/policy.ts";
import { closeAsOperator } from "../db/connections.ts";
import type { Db } from "../db/database.ts";
import { findUnavailable } from "../db/driver/unavailable.ts";
import { addUser, findUser, foldEmail, isEmail, listUsers, resetPassword, unlockUser } from "../db/users.ts";
import { createLog } from "../http/log.ts";
import { textsOf } from "../words/texts.ts";
import type { Configuration } from "./configuration.ts";
import { openConfigured } from "./database.ts";
import { readPassword } from "./terminal.ts";

const USAGE = `Usage:
  deno task users add EMAIL             a new account; the password is one line of standard input
  deno task users list                  all accounts, with their open connections counted
  deno task users password EMAIL        set a password, one line of standard input
  deno task users unlock EMAIL          forget the failed attempts of an account, which ends a lock
  deno task users close EMAIL           close all connections of an account
  deno task users close --everyone      close all connections there are`;

const log = createLog(console.log, Date.now);
const by = "operator";

/** `deno task users`: manages accounts, and logs what changed. Returns status 0, or 1 with a sentence on standard error. */
export async function users(configuration: Configuration, args: string[]): Promise<number> {
  const [action, email, ...more] = args;
  const known = action === "list"
    ? email === undefined
    : ["add", "password", "unlock", "close"].includes(action ?? "") && email;
  if (!known || more.length > 0) return fail(USAGE);

  const db = await openConfigured(configuration);
  try {
    switch (action) {
      case "add":
        return await add(db, email!);
      case "password":
        return await setPassword(db, email!);
      case "unlock":
        return await unlock(db, email!);
      case "close":
        return await close(db, email!);
      default:
        return await list(db);
    }
  } catch (error) {
    if (!findUnavailable(error)) throw error;
    return fail(
      "The database gave no answer, so it is not known whether this was done. " +
        "See deno task users list, and try again: nothing is done twice",
    );
  } finally {
    db.$client.close();
  }
}

async function add(db: Db, email: string): Promise<number> {
  const folded = foldEmail(email);
  if (!isEmail(email)) {
    return fail(`Cannot add "${email}": it must be an email address like marta@example.com`);
  }
  if (await findUser(db, folded)) return fail(`Cannot add ${folded}: there is an account with this address already`);

  const passwordHash = await readNewPassword(folded);
  if (passwordHash === null) return 1;
  if (!await addUser(db, folded, passwordHash, Date.now())) {
    return fail(`Cannot add ${folded}: there is an account with this address already`);
  }
  log("user_created", { user: (await findUser(db, folded))?.id, by });
  return done(`Added ${folded}`);
}

async function setPassword(db: Db, email: string): Promise<number> {
  const user = await findUser(db, email);
  if (!user) return fail(`Cannot set a password: there is no account ${foldEmail(email)}`);

  const passwordHash = await readNewPassword(user.email);
  if (passwordHash === null) return 1;
  const closed = await resetPassword(db, user, passwordHash, Date.now());
  log("authn_password_change", { user: user.id, by, closed });
  return done(`Set the password of ${user.email}, and closed ${countOpen(closed)}`);
}

async function unlock(db: Db, email: string): Promise<number> {
  const user = await findUser(db, email);
  if (!user) return fail(`Cannot unlock anything: there is no account ${foldEmail(email)}`);

  await unlockUser(db, user);
  log("authn_login_unlock", { user: user.id, by });
  return done(`Forgot the failed attempts of ${user.email}: it can sign in again`);
}

async function close(db: Db, email: string): Promise<number> {
  const everyone = email === "--everyone";
  const user = everyone ? undefined : await findUser(db, email);
  if (!everyone && !user) return fail(`Cannot close anything: there is no account ${foldEmail(email)}`);

  const count = await closeAsOperator(db, user?.id ?? "everyone", Date.now());
  log("session_closed", { user: user?.id, by, count });
  return done(`Closed ${countOpen(count)} of ${user?.email ?? "all accounts"}`);
}

async function list(db: Db): Promise<number> {
  const accounts = await listUsers(db, Date.now());
  if (accounts.length === 0) {
    console.error("There is no account yet. Make the first one with: deno task users add you@example.com");
  }
  for (const { email, openConnections, createdAt } of accounts) {
    console.log(`${email}\t${openConnections} open\tsince ${new Date(createdAt).toISOString().slice(0, 10)}`);
  }
  return 0;
}

/** Reads a new password and hashes it; `null`, with a sentence on standard error, if it is rejected. */
async function readNewPassword(email: string): Promise<string | null> {
  const password = await readPassword();
  if (password === null) return null;

  const t = textsOf("en");
  const problem = await passwordProblem(password, email, t.brand);
  if (problem) {
    fail(`Cannot use this password. ${t.password.problems[problem](SHORTEST_PASSWORD)}`);
    return null;
  }
  return await createPasswords().hash(password);
}

function countOpen(count: number): string {
  return `${count} open connection${count === 1 ? "" : "s"}`;
}

/** Sentences go to standard error, because standard output is the log. */
function done(sentence: string): number {
  console.error(sentence);
  return 0;
}

function fail(sentence: string): number {
  console.error(sentence);
  return 1;
}
