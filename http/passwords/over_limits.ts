import type { OverLimit } from "../../db/limits.ts";
import { recordRefusal, type Refusal } from "../../db/refusals.ts";
import type { Db } from "../../db/database.ts";
import { describeError, type Log } from "../log.ts";

/** In milliseconds: how often gathered refusals are written. */
const INTERVAL = 1_000;
/** How long a used-up budget is trusted without asking the database, where the operator may have unlocked it; milliseconds. */
const TRUSTED_FOR = 10_000;
const MAX_KEYS = 10_000;
/** Clients whose refusals are written each time; the rest are counted in the row for all further clients. */
const MAX_GATHERED = 50;

export type OverLimits = ReturnType<typeof createOverLimits>;

/** Answers guesses over a limit from memory, and writes their refusals together: a flood costs no write for each. */
export function createOverLimits({ db, log, now, waitUntil, gatherInterval = INTERVAL }: {
  db: Db;
  log: Log;
  now: () => number;
  waitUntil: (work: Promise<void>) => void;
  gatherInterval?: number;
}) {
  const usedUp = new Map<string, { since: number; until: number; isLocked: boolean }>();
  let gathered = new Map<string, Refusal & { attempts: number }>();

  /** Logs and writes what came within an interval. */
  async function write(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, gatherInterval));
    const refusals = [...gathered.values()];
    gathered = new Map();
    for (const refusal of refusals) {
      const { user, visitor, attempts } = refusal;
      log("excess_rate_limit_exceeded", { user: user?.id, ip: visitor?.address.ip, count: attempts });
      await recordRefusal(db, refusal);
    }
  }

  return {
    find(keys: string[]): OverLimit | null {
      const at = now();
      for (const key of keys) {
        const found = usedUp.get(key);
        const isTrusted = found && found.since <= at && at < Math.min(found.until, found.since + TRUSTED_FOR);
        if (isTrusted) return { key, retryAfter: found.until - at, isLocked: found.isLocked };
      }
      return null;
    },

    remember({ key, retryAfter, isLocked }: OverLimit): void {
      if (usedUp.size >= MAX_KEYS) usedUp.clear();
      usedUp.set(key, { since: now(), until: now() + retryAfter, isLocked });
    },

    gather(refusal: Refusal): void {
      const { user, visitor, standing, reason } = refusal;
      const own = `${user?.id} ${standing.kind} ${reason} ${visitor?.address.client}`;
      const isRest = !gathered.has(own) && gathered.size >= MAX_GATHERED;
      const key = isRest ? `${user?.id} ${reason}` : own;
      const earlier = gathered.get(key);
      const isFirst = gathered.size === 0;
      gathered.set(key, {
        ...refusal,
        ...(isRest && { visitor: null }),
        attempts: (earlier?.attempts ?? 0) + (refusal.attempts ?? 1),
      });
      if (isFirst) waitUntil(write().catch((error) => log("sys_crash", { error: describeError(error) })));
    },
  };
}
