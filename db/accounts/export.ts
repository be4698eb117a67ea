import { and, asc, eq, getTableColumns, or, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Db } from "../database.ts";
import { accountKey, ofAccount } from "../limits.ts";
import {
  authenticators,
  browsers,
  browserUsers,
  connections,
  known,
  limits,
  links,
  outbox,
  passkeys,
  pendingSignIns,
  places,
  recoveryCodes,
  refusals,
  sessions,
  type User,
} from "../schema.ts";

/** Rows per query. */
const PIECE = 1_000;

export type ExportedRow = { table: string } & Record<string, unknown>;

/** Reads all that is kept of a person, in pieces, with times in ISO 8601. Leaves out hashes and secrets, which say nothing of them. */
export async function* exportUser(db: Db, user: User): AsyncGenerator<ExportedRow[]> {
  const { passwordHash: _, passwordVersion: __, ...account } = user;
  yield named("users", [account]);
  yield* readInOrder(
    "connections",
    connections.openedAt,
    connections.id,
    (after) =>
      db.select({ ...getTableColumns(connections), passwordEnteredAt: sessions.confirmedAt }).from(connections)
        .leftJoin(sessions, eq(sessions.connectionId, connections.id)).where(
          and(eq(connections.userId, user.id), after),
        )
        .orderBy(asc(connections.openedAt), asc(connections.id)).limit(PIECE),
  );
  yield* readInOrder(
    "places",
    places.firstAt,
    places.id,
    (after) =>
      db.select().from(places).where(and(eq(places.userId, user.id), after))
        .orderBy(asc(places.firstAt), asc(places.id)).limit(PIECE),
  );
  yield* readInOrder(
    "refusals",
    refusals.firstAt,
    refusals.id,
    (after) =>
      db.select().from(refusals).where(and(eq(refusals.userId, user.id), after))
        .orderBy(asc(refusals.firstAt), asc(refusals.id)).limit(PIECE),
  );
  yield named("known", await db.select().from(known).where(eq(known.userId, user.id)));
  const { secretHash: ___, ...browser } = getTableColumns(browsers);
  const { firstAt, lastAt } = browserUsers;
  yield named(
    "browsers",
    await db.select({ ...browser, firstAt, lastAt }).from(browserUsers)
      .innerJoin(browsers, eq(browsers.id, browserUsers.browserId)).where(eq(browserUsers.userId, user.id)),
  );
  const { purpose, email, expiresAt } = links;
  yield named("links", await db.select({ purpose, email, expiresAt }).from(links).where(eq(links.userId, user.id)));
  yield named("outbox", await db.select().from(outbox).where(eq(outbox.userId, user.id)));
  const app = { addedAt: authenticators.addedAt, lastAt: authenticators.lastAt };
  yield named("authenticators", await db.select(app).from(authenticators).where(eq(authenticators.userId, user.id)));
  yield named("passkeys", await db.select().from(passkeys).where(eq(passkeys.userId, user.id)));
  const code = { addedAt: recoveryCodes.addedAt, usedAt: recoveryCodes.usedAt };
  yield named("recovery_codes", await db.select(code).from(recoveryCodes).where(eq(recoveryCodes.userId, user.id)));
  const { secretHash: ____, ...pending } = getTableColumns(pendingSignIns);
  yield named(
    "pending_sign_ins",
    await db.select(pending).from(pendingSignIns).where(eq(pendingSignIns.userId, user.id)),
  );
  const { key, count } = limits;
  yield named(
    "limits",
    await db.select({ key, count, expiresAt: limits.expiresAt }).from(limits)
      .where(or(ofAccount(accountKey(user.email, true)), sql`instr(${key}, ${user.id}) > 0`)),
  );
}

/** Reads a table by keyset. */
async function* readInOrder<Row extends Record<string, unknown>>(
  table: string,
  at: SQLiteColumn,
  id: SQLiteColumn,
  read: (after: SQL | undefined) => PromiseLike<Row[]>,
): AsyncGenerator<ExportedRow[]> {
  let after: SQL | undefined;
  while (true) {
    const rows = await read(after);
    yield named(table, rows);
    const last = rows.at(-1);
    if (!last || rows.length < PIECE) return;
    const [lastAt, lastId] = [at, id].map((column) => last[nameOf(column, last)]);
    after = or(sql`${at} > ${lastAt}`, and(sql`${at} = ${lastAt}`, sql`${id} > ${lastId}`));
  }
}

/** The field of a row that a column is read into. */
function nameOf(column: SQLiteColumn, row: Record<string, unknown>): string {
  const names = Object.entries(getTableColumns(column.table)).flatMap(([name, each]) => each === column ? [name] : []);
  return names.find((name) => name in row) ?? "";
}

function named(table: string, rows: Record<string, unknown>[]): ExportedRow[] {
  return rows.map((row) => ({
    table,
    ...Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === "number" && name.endsWith("At") ? new Date(value).toISOString() : value,
      ]),
    ),
  }));
}
