import type { Db } from "../../db/database.ts";
import { accountKey, type Guess, reserveAttempt } from "../../db/limits.ts";
import { connections, places, refusals } from "../../db/schema.ts";
import { findUser } from "../../db/users.ts";
import { readAddress } from "../../visitor/addresses.ts";
import { DAY, EMAIL, HOUR, MINUTE, START } from "../app.ts";
import { LAGOS, MADRID, PARIS, SAFARI } from "./site.ts";

type Connection = typeof connections.$inferInsert;

/** Uses up a stranger's attempts at the usual address. */
export async function useUpAttempts(db: Db, now: number): Promise<void> {
  const address = readAddress(MADRID)!;
  const guess: Guess = { account: accountKey(EMAIL, true), address, standing: { kind: "stranger" }, browser: null };
  await Promise.all(Array.from({ length: 10 }, () => reserveAttempt(db, guess, now)));
}

/** Adds an open connection from Paris, older than any that a test opens. */
export async function addOpen(db: Db): Promise<void> {
  await db.insert(connections).values(openRow(await ownerOf(db), START - MINUTE));
}

/** Adds closed connections from Paris, one an hour back from `START`. */
export async function addClosed(db: Db, count: number): Promise<void> {
  const userId = await ownerOf(db);
  await db.insert(connections).values(Array.from({ length: count }, (_, i) => ({
    ...openRow(userId, START - (i + 1) * HOUR),
    closedAt: START - (i + 1) * HOUR + 5 * MINUTE,
    endReason: "signed_out" as const,
  })));
}

/** Adds a connection with each state, end reason and kind of place, and with the longest texts possible. */
export async function addEveryState(db: Db): Promise<void> {
  const userId = await ownerOf(db);
  const opened = (minutes: number, changes: Partial<Connection>) => ({
    ...openRow(userId, START - minutes * MINUTE),
    ...changes,
  });
  const closedAt = START;
  await db.insert(connections).values([
    opened(1, { ip: "2a0c:5a80:1b08:c00:a1b2:c3d4:e5f6:a7b8", device: "Samsung Internet on Android" }),
    opened(2, { ip: "10.4.0.17", countryCode: "private" }),
    opened(3, {
      closedAt,
      endReason: "signed_out",
      countryCode: "none",
      device: "Unknown device",
      deviceKind: "unknown",
    }),
    opened(4, { closedAt, endReason: "closed", countryCode: "VC" }),
    opened(5, { closedAt, endReason: "expired", ip: "", countryCode: "none", device: "curl" }),
    opened(6, { closedAt, endReason: "password_changed", countryCode: "GB" }),
    opened(7, { closedAt, endReason: "closed_by_operator", device: "a-client-with-a-very-long-name.1" }),
    opened(8, { closedAt, endReason: "replaced", countryCode: "JP" }),
  ]);
  const refused = { ...paris, userId, firstAt: START - 2 * HOUR, lastAt: START - HOUR };
  await db.insert(refusals).values([
    { ...refused, id: crypto.randomUUID(), hour: 1, attempts: 1, addresses: 1, reason: "wrong_password" },
    {
      ...refused,
      id: crypto.randomUUID(),
      hour: 2,
      firstAt: START - 3 * HOUR,
      attempts: 4_211,
      addresses: 37,
      reason: "too_many_tries",
    },
  ]);
}

/** Adds an unusual connection without a verdict, and one with each verdict. */
export async function addUnusual(db: Db): Promise<void> {
  const userId = await ownerOf(db);
  await db.insert(connections).values([
    { ...openRow(userId, START - 11 * MINUTE), unusual: "new_country new_network_and_device" },
    {
      ...openRow(userId, START - 12 * MINUTE),
      unusual: "after_refusals",
      verdict: "not_me",
      closedAt: START,
      endReason: "closed",
    },
    { ...openRow(userId, START - 13 * MINUTE), unusual: "new_country", verdict: "me" },
  ]);
}

/** Adds an open connection from Paris that was last used by a script in Lagos. */
export async function addMoved(db: Db): Promise<void> {
  const place = crypto.randomUUID();
  const row = openRow(await ownerOf(db), START - 14 * MINUTE);
  const { id: connectionId, userId, openedAt } = row;
  const isFirst = { isFirstIp: true, isFirstNetwork: true, isFirstCountry: true, isFirstDevice: true };
  await db.insert(connections).values({ ...row, unusual: "moved_country moved_device", place });
  await db.insert(places).values({
    ...{ id: place, connectionId, userId, openedAt, firstAt: START - 9 * MINUTE, lastAt: START - 4 * MINUTE },
    ...{ client: LAGOS, ip: LAGOS, network: "102.89", countryCode: "NG" },
    ...{ userAgent: "curl/8.14.1", device: "curl", deviceKind: "script" },
    ...isFirst,
  });
}

const paris = {
  ...{ ip: PARIS, network: "193.51", countryCode: "FR" },
  ...{ userAgent: SAFARI, device: "Safari on iPhone", deviceKind: "phone" as const },
};

function openRow(userId: string, openedAt: number): Connection {
  return {
    ...paris,
    id: crypto.randomUUID(),
    userId,
    openedAt,
    lastSeenAt: openedAt,
    expiresAt: START + 7 * DAY,
    closedAt: null,
    endReason: null,
  };
}

async function ownerOf(db: Db): Promise<string> {
  const user = await findUser(db, EMAIL);
  if (!user) throw new Error(`Cannot add a history: there is no account ${EMAIL}`);
  return user.id;
}
