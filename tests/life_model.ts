import assert from "node:assert/strict";
import { eq, inArray } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import { traitsOf } from "../db/known.ts";
import { browserUsers, connections, known, places } from "../db/schema.ts";
import { DAY } from "./app.ts";

const GRACE = 10_000;

/** Models which cookies of renewed sessions are valid. */
export function createSecrets() {
  const renewals = new Map<string, { former: string; fresh: string; at: number; seenAt: number | null }>();
  const cookies = new Set<string>();

  return {
    renew(former: string, fresh: string, now: number): void {
      renewals.set(idOf(former), { former, fresh, at: now, seenAt: null });
      cookies.add(former).add(fresh);
    },

    /** Somebody sent this cookie over an open connection. */
    see(cookie: string, now: number): void {
      const renewal = renewals.get(idOf(cookie));
      if (renewal?.fresh === cookie) renewal.seenAt ??= now;
    },

    /** What a cookie allows while its connection is open. */
    rightsOf(cookie: string, now: number): "write" | "read" | "none" {
      const renewal = renewals.get(idOf(cookie));
      if (!renewal || renewal.fresh === cookie) return "write";
      const { former, at, seenAt } = renewal;
      if (former !== cookie) return "none";
      if (seenAt === null) return at <= now && now < at + DAY ? "write" : "none";
      return seenAt <= now && now < seenAt + GRACE ? "read" : "none";
    },

    /** The cookies of renewed sessions, without a new one that nobody has sent yet: sending it ends the former one. */
    retired(): string[] {
      return [...cookies].filter((cookie) => {
        const renewal = renewals.get(idOf(cookie));
        return renewal?.fresh !== cookie || renewal.seenAt !== null;
      });
    },
  };
}

/** The public part of a cookie. */
export function idOf(cookie: string): string {
  return cookie.split(".")[0] ?? "";
}

/** Counts the wrong passwords in a row over each connection. */
export function createGuesses() {
  const runs = new Map<string, { count: number; until: number }>();
  return {
    /** Returns how many there are now. */
    wrong(connection: string, now: number): number {
      const run = runs.get(connection);
      const continues = run && now < run.until && run.until <= now + 30 * DAY;
      const next = continues ? { ...run, count: run.count + 1 } : { count: 1, until: now + 30 * DAY };
      runs.set(connection, next);
      return next.count;
    },
    right: (connection: string) => void runs.delete(connection),
  };
}

/** Models what accounts may know at most: what usual sign-ins and "This was me" taught, and "Not me" and new passwords left. */
export function createKnowledge(db: Db) {
  const usual = new Set<string>();
  const reviewed = new Set<string>();
  let browsers: { userId: string; browser: string | null }[] = [];

  const traitsIn = (rows: Parameters<typeof traitsOf>[0][], userId: string) =>
    rows.flatMap((row) => Object.entries(traitsOf(row)).map(([kind, value]) => `${userId} ${kind} ${value}`));
  const openedBy = (ids: string[]) => db.select().from(connections).where(inArray(connections.id, ids));
  const usedBy = (id: string) => db.select().from(places).where(eq(places.connectionId, id));

  return {
    async opened(id: string): Promise<void> {
      const rows = await openedBy([id]);
      const [{ userId, browser, unusual }] = rows as [typeof rows[number]];
      if (unusual !== null) return;
      for (const trait of traitsIn(rows, userId)) usual.add(trait);
      browsers.push({ userId, browser });
    },

    /** `marked`: it and every connection like it. */
    async recognized(userId: string, id: string, marked: string[]): Promise<void> {
      const rows = await openedBy(marked);
      for (const trait of traitsIn([...rows, ...await usedBy(id)], userId)) reviewed.add(trait);
      browsers.push(...rows);
    },

    async disowned(userId: string, id: string): Promise<void> {
      for (const trait of traitsIn([...await openedBy([id]), ...await usedBy(id)], userId)) reviewed.delete(trait);
    },

    /** `except`: a connection whose browser stays known. */
    async forgotBrowsers(userId: string, except: string | null): Promise<void> {
      const [current] = except === null ? [] : await openedBy([except]);
      browsers = browsers.filter((known) => known.userId !== userId || known.browser === current?.browser);
    },

    async assertBounds(): Promise<void> {
      const traits = (await db.select().from(known)).map(({ userId, kind, value }) => `${userId} ${kind} ${value}`);
      assert.deepEqual(traits.filter((trait) => !usual.has(trait) && !reviewed.has(trait)), []);
      const stored = await db.select().from(browserUsers);
      const isTaught = (user: string, id: string) => browsers.some((b) => b.userId === user && b.browser === id);
      assert.deepEqual(stored.filter(({ userId, browserId }) => !isTaught(userId, browserId)), []);
    },
  };
}

/** An account's unusual connections, the oldest first. */
export async function unusualOf(db: Db, userId: string) {
  const rows = await db.select().from(connections).where(eq(connections.userId, userId));
  return rows.filter(({ unusual }) => unusual !== null).sort((a, b) => a.id.localeCompare(b.id));
}
