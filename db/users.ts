import {
  and,
  eq,
  exists,
  getTableColumns,
  inArray,
  isNull,
  ne,
  not,
  notExists,
  notInArray,
  type SQL,
  sql,
  type SQLWrapper,
} from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { alias } from "drizzle-orm/sqlite-core";
import { domainToASCII, domainToUnicode } from "node:url";
import { v7 as uuid } from "uuid";
import type { Visitor } from "../visitor/visitor.ts";
import { cancelRequests } from "./accounts/cancelling.ts";
import { findBrowser, forgetBrowsers } from "./browsers.ts";
import { close, countClosed, countClosedBy } from "./connections.ts";
import type { Db } from "./database.ts";
import { jsonObject, prepare } from "./driver/prepared.ts";
import { orRecover } from "./driver/unavailable.ts";
import { isKnown, traitsOf } from "./known.ts";
import { afterSuccess, type Attempt, forgetFailures, type Standing } from "./limits.ts";
import { addMail, BY_ADMINISTRATOR, mailKey } from "./mail/outbox.ts";
import { isOpen, isStillOpen } from "./open.ts";
import { forgetAddresses } from "./refusals.ts";
import {
  authenticators,
  browsers,
  browserUsers,
  connections,
  known,
  limits,
  links,
  type MailEvent,
  NO_PASSWORD,
  outbox,
  passkeys,
  pendingSignIns,
  places,
  recoveryCodes,
  refusals,
  sessions,
  type User,
  users,
} from "./schema.ts";
import { type Challenge, isFresh } from "./methods/challenges.ts";
import { hasSecondFactor } from "./methods/methods.ts";
import { hasSecret, newSecret, parseCookie, renewSession, type Session } from "./sessions.ts";

/** RFC 5321, 4.5.3.1.3. */
export const LONGEST_EMAIL = 254;

/** The spelling of an address that is stored: some browsers send an international domain as ASCII, others as it was typed. */
export function foldEmail(email: string): string {
  return foldDomain(email, domainToASCII);
}

/** The spelling that older versions stored, with the domain not in ASCII. */
function formerEmail(email: string): string {
  return foldDomain(email, domainToUnicode);
}

function foldDomain(email: string, fold: (domain: string) => string): string {
  const folded = email.trim().normalize("NFC").toLowerCase();
  const at = folded.lastIndexOf("@");
  return `${folded.slice(0, at + 1)}${fold(folded.slice(at + 1)) || folded.slice(at + 1)}`;
}

function hasEmail(email: string): SQL {
  return inArray(users.email, [foldEmail(email), formerEmail(email)]);
}

/** Checks for one @ between two parts without spaces: only a mail proves more. */
export function isEmail(email: string): boolean {
  const folded = foldEmail(email);
  const domain = folded.slice(folded.lastIndexOf("@") + 1);
  return /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(folded) && folded.length <= LONGEST_EMAIL && domainToASCII(domain) !== "";
}

/** Adds an account. `false` if the address is taken, or the condition doesn't hold. */
export async function addUser(
  db: Db,
  email: string,
  passwordHash: string,
  now: number,
  condition = sql`true`,
): Promise<boolean> {
  const id = uuid({ msecs: now });
  const add = () =>
    db.run(sql`insert into ${users} (id, email, password_hash, created_at)
      select ${id}, ${foldEmail(email)}, ${passwordHash}, ${now} where ${condition} on conflict do nothing`);
  return await orRecover(
    async () => (await add()).rowsAffected === 1,
    async () => await db.$count(users, eq(users.id, id)) === 1 || null,
  );
}

/** Finds an account, or adds one without a password. `user` is undefined if there was none and the ticket was used. */
export async function findOrAddUser(
  db: Db,
  email: string,
  now: number,
  ticket?: Challenge,
): Promise<{ user: User | undefined; isNew: boolean }> {
  const found = await findUser(db, email);
  if (found) return { user: found, isNew: false };
  const isNew = await addUser(db, email, NO_PASSWORD, now, ticket && isFresh(db, ticket));
  return { user: await findUser(db, email), isNew };
}

export function findUser(db: Db, email: string): Promise<User | undefined> {
  return db.query.users.findFirst({ where: hasEmail(email) });
}

const USER_ID = sql`users.id`;
const value = sql.placeholder;

const findWithStanding = prepare<
  {
    user: User;
    hasSecondFactor: 0 | 1;
    hasBrowsers: 0 | 1;
    knowsBrowser: 0 | 1;
    knowsNetwork: 0 | 1;
    knowsDevice: 0 | 1;
  }
>(sql`
  select ${
  jsonObject({
    user: jsonObject(getTableColumns(users)),
    hasSecondFactor: hasSecondFactor(USER_ID),
    hasBrowsers: sql`exists (select 1 from ${browserUsers} where user_id = ${USER_ID})`,
    knowsBrowser: sql`exists (select 1 from ${browserUsers} where user_id = ${USER_ID} and browser_id = ${
      value("browser")
    })`,
    knowsNetwork: isKnown("network", sql`${value("network")}`, USER_ID),
    knowsDevice: isKnown("device", sql`${value("device")}`, USER_ID),
  })
} from ${users} where ${users.email} in (${value("email")}, ${value("former")})`);

/** Finds an account by its address, how it knows the visitor, and their browser. */
export async function findUserFrom(
  db: Db,
  email: string,
  visitor: Visitor,
  browserCookie: string | undefined,
): Promise<{ user: User | undefined; hasSecondFactor: boolean; standings: Standing[]; browser: string | null }> {
  const { network, device } = traitsOf({ ...visitor, network: visitor.address.network });
  const [browser, found] = await Promise.all([
    findBrowser(db, browserCookie),
    findWithStanding(db, {
      email: foldEmail(email),
      former: formerEmail(email),
      // Useless until its secret is checked.
      browser: parseCookie(browserCookie)?.id ?? null,
      network,
      device,
    }),
  ]);
  if (!found) return { user: undefined, hasSecondFactor: false, standings: [{ kind: "stranger" }], browser };

  const { user, hasBrowsers, knowsBrowser, knowsNetwork, knowsDevice } = found;
  const standings: Standing[] = [{ kind: knowsNetwork ? "network" : "stranger" }];
  if (knowsBrowser && browser !== null) standings.unshift({ kind: "browser", id: browser });
  // An account without a known browser yet knows them by network and device together.
  else if (!hasBrowsers && knowsNetwork && knowsDevice) {
    standings.unshift({ kind: "browser", id: `${network} ${device}` });
  }
  return { user, hasSecondFactor: found.hasSecondFactor === 1, standings, browser };
}

/** Cached once there is an account, because every sign-in page needs it. */
export async function hasUsers(db: Db): Promise<boolean> {
  if (withAccounts.has(db)) return true;
  const found = await db.query.users.findFirst({ columns: { id: true } });
  if (found) withAccounts.add(db);
  return found !== undefined;
}

const withAccounts = new WeakSet<Db>();

export function listUsers(
  db: Db,
  now: number,
): Promise<{ email: string; createdAt: number; disabledAt: number | null; openConnections: number }[]> {
  const openConnections = db.$count(connections, and(eq(connections.userId, users.id), isOpen(now)));
  const { email, createdAt, disabledAt } = users;
  return db.select({ email, createdAt, disabledAt, openConnections }).from(users).orderBy(email);
}

/** Whether another account than the selected one has an address, which may be a column. */
export function isTaken(db: Db, email: string | SQLWrapper): SQL {
  const other = alias(users, "other");
  const hasIt = typeof email === "string"
    ? inArray(other.email, [foldEmail(email), formerEmail(email)])
    : eq(other.email, email);
  return exists(db.select({ one: sql`1` }).from(other).where(and(hasIt, ne(other.id, users.id))));
}

/** Changes the address as the operator, which ends mailed links. `false` if it is taken or there is no account. `mailedAt`: mail the former one. */
export async function renameUser(
  db: Db,
  email: string,
  newEmail: string,
  mailedAt: number | null = null,
): Promise<boolean> {
  const isFree = not(isTaken(db, newEmail));
  const ofUser = and(hasEmail(email), isFree);
  const renamed = db.select({ id: users.id }).from(users).where(ofUser);
  const userId = sql`(${db.select({ id: users.id }).from(users).where(hasEmail(email))})`;
  const news = { userId, event: "email_changed", about: BY_ADMINISTRATOR, recipient: users.email } as const;
  const ofAddress: MailEvent[] = ["forgotten", "email_requested", "email_changed"];
  const results = await db.batch([
    addMail(db, news, mailedAt ?? 0, mailedAt === null ? sql`false` : isFree),
    db.delete(links).where(and(inArray(links.userId, renamed), ne(links.purpose, "password"))),
    db.delete(outbox)
      .where(and(inArray(outbox.userId, renamed), inArray(outbox.event, ofAddress), isNull(outbox.about))),
    // Last: the statements above look for the former address.
    db.update(users).set({ email: foldEmail(newEmail), pendingEmail: null }).where(ofUser),
  ]);
  return results.at(-1)?.rowsAffected === 1;
}

/**
 * Removes an account with its history, table by table, because a remote database may have foreign keys off. `false` if there is none.
 * Leaves nothing of it in an embedded database's files: repeat it if it throws `Unavailable`.
 */
export async function removeUser(db: Db, email: string): Promise<boolean> {
  const ofUser = hasEmail(email);
  const gone = db.select({ id: users.id }).from(users).where(ofUser);
  const goneConnections = db.select({ id: connections.id }).from(connections).where(inArray(connections.userId, gone));
  const theirs = db.select({ id: browserUsers.browserId }).from(browserUsers).where(inArray(browserUsers.userId, gone));
  const others = db.select({ id: browserUsers.browserId }).from(browserUsers)
    .where(and(eq(browserUsers.browserId, browsers.id), notInArray(browserUsers.userId, gone)));
  const results = await db.batch([
    db.delete(sessions).where(inArray(sessions.connectionId, goneConnections)),
    db.delete(places).where(inArray(places.userId, gone)),
    db.delete(browsers).where(and(inArray(browsers.id, theirs), notExists(others))),
    db.delete(browserUsers).where(inArray(browserUsers.userId, gone)),
    db.delete(connections).where(inArray(connections.userId, gone)),
    db.delete(refusals).where(inArray(refusals.userId, gone)),
    forgetAddresses(db, gone),
    db.delete(known).where(inArray(known.userId, gone)),
    db.delete(links).where(inArray(links.userId, gone)),
    db.delete(outbox).where(inArray(outbox.userId, gone)),
    db.delete(limits).where(inArray(limits.key, db.select({ key: mailKey(users.id) }).from(users).where(ofUser))),
    db.delete(authenticators).where(inArray(authenticators.userId, gone)),
    db.delete(passkeys).where(inArray(passkeys.userId, gone)),
    db.delete(recoveryCodes).where(inArray(recoveryCodes.userId, gone)),
    db.delete(pendingSignIns).where(inArray(pendingSignIns.userId, gone)),
    forgetFailures(db, foldEmail(email)),
    db.delete(users).where(ofUser),
  ]);
  await db.$client.emptyLog();
  return results.at(-1)?.rowsAffected === 1;
}

export type Preferences = Pick<User, "timeZone" | "language" | "theme"> & Partial<Pick<User, "placesMutedAt">>;

export async function setPreferences(
  db: Db,
  session: Session,
  { placesMutedAt, ...preferences }: Preferences,
): Promise<void> {
  const muted = typeof placesMutedAt === "number" ? sql`coalesce(${users.placesMutedAt}, ${placesMutedAt})` : null;
  await db.update(users).set({ ...preferences, ...(placesMutedAt !== undefined && { placesMutedAt: muted }) })
    .where(eq(users.id, session.userId));
}

export async function strengthenHash(db: Db, user: User, passwordHash: string): Promise<void> {
  await db.update(users).set({ passwordHash })
    .where(and(eq(users.id, user.id), eq(users.passwordVersion, user.passwordVersion)));
}

/**
 * Also closes the other connections (ASVS 7.4.3), renews the secret (7.2.4) and forgets the other browsers. Returns how many were closed, and
 * the cookie as `confirmSession`; `null` if the password changed since `user` was read or the current connection was closed.
 */
export async function changePassword(
  db: Db,
  { user, session, passwordHash, reserved, isMailed = false, now }: {
    user: User;
    session: Session;
    passwordHash: string;
    reserved: Attempt;
    isMailed?: boolean;
    now: number;
  },
): Promise<{ closed: number; cookie: string | null } | null> {
  const news = { userId: user.id, event: "password_changed", about: session.connectionId } as const;
  const secret = newSecret(session.id);
  const hasChanged = exists(
    db.select({ one: sql`1` }).from(users).where(and(eq(users.id, user.id), eq(users.passwordHash, passwordHash))),
  );
  const change = () =>
    db.batch([
      db.update(users).set({ passwordHash, passwordVersion: user.passwordVersion + 1, disownedAt: null })
        .where(
          and(
            eq(users.id, user.id),
            eq(users.passwordVersion, user.passwordVersion),
            isStillOpen(db, session.connectionId, now),
          ),
        ),
      close(
        db,
        "password_changed",
        now,
        and(
          eq(connections.userId, user.id),
          ne(connections.id, session.connectionId),
          hasChanged,
        ),
        session.connectionId,
      ),
      ...renewSession(db, session, secret, now, hasChanged),
      forgetBrowsers(db, user.id, session.browser, hasChanged),
      ...cancelRequests(db, user.id, hasChanged),
      ...isMailed ? [addMail(db, news, now, hasChanged)] : [],
      ...afterSuccess(db, reserved),
    ]);
  return await orRecover(
    async () => {
      const [updated, closed, , renewed] = await change();
      if (updated.rowsAffected === 0) return null;
      return { closed: closed.rowsAffected, cookie: renewed.rowsAffected === 1 ? secret.cookie : null };
    },
    async () => {
      if (!await hasHash(db, user, passwordHash)) return null;
      const closed = await countClosedBy(db, session, "password_changed", now) ?? 0;
      return { closed, cookie: await hasSecret(db, secret) ? secret.cookie : null };
    },
  );
}

/** Sets a password as the operator. Returns how many connections that closed. */
export async function resetPassword(
  db: Db,
  user: User,
  passwordHash: string,
  now: number,
  isMailed = false,
): Promise<number> {
  const news = { userId: user.id, event: "password_changed", about: BY_ADMINISTRATOR } as const;
  const also = (isSet: SQL) => isMailed ? [addMail(db, news, now, isSet)] : [];
  return await replacePassword(db, user, passwordHash, now, { also }) ?? 0;
}

type Replacing = {
  condition?: SQL | undefined;
  email?: string;
  closedBy?: string;
  /** Statements for the same batch; each must have the condition. */
  also?: (isSet: SQL) => BatchItem<"sqlite">[];
};

/** Sets a signed-out owner's password, and closes all connections. Returns how many; `null` if `condition` doesn't hold. */
export async function replacePassword(
  db: Db,
  user: User,
  passwordHash: string,
  now: number,
  { condition, email = user.email, closedBy, also = () => [] }: Replacing = {},
): Promise<number | null> {
  const ofUser = eq(connections.userId, user.id);
  const isSet = exists(
    db.select({ one: sql`1` }).from(users).where(and(eq(users.id, user.id), eq(users.passwordHash, passwordHash))),
  );
  const replace = () =>
    db.batch([
      db.update(users)
        .set({
          ...(email !== user.email && { email }),
          ...{ passwordHash, passwordVersion: sql`${users.passwordVersion} + 1`, disownedAt: null },
        })
        .where(and(eq(users.id, user.id), condition)),
      close(db, "password_changed", now, and(ofUser, isSet), closedBy),
      forgetBrowsers(db, user.id, null, isSet),
      forgetFailures(db, foldEmail(email), isSet),
      ...also(isSet),
      ...cancelRequests(db, user.id, isSet),
    ]);
  return await orRecover(
    async () => {
      const [updated, closed] = await replace();
      return updated.rowsAffected === 1 ? closed.rowsAffected : null;
    },
    async () =>
      await hasHash(db, user, passwordHash) ? await countClosed(db, "password_changed", now, ofUser) ?? 0 : null,
  );
}

/** Forgets the account's failed attempts, which ends a lock. */
export async function unlockUser(db: Db, user: User): Promise<void> {
  await forgetFailures(db, foldEmail(user.email));
}

/** A hash's salt makes it unique to one change of the password. */
async function hasHash(db: Db, user: User, passwordHash: string): Promise<boolean> {
  return await db.$count(users, and(eq(users.id, user.id), eq(users.passwordHash, passwordHash))) === 1;
}
