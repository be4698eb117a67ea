import { and, eq } from "drizzle-orm";
import type { Db } from "../database.ts";
import { browserUsers } from "../schema.ts";
import { changeMethods, type MethodChange, type MethodsChanged } from "./changes.ts";

/** Makes an account forget a known browser, or `all`. */
export async function forgetKnown(db: Db, change: MethodChange, id: string): Promise<MethodsChanged | null> {
  const one = id === "all" ? undefined : eq(browserUsers.browserId, id);
  return await changeMethods(db, change, (isAllowed) => [
    db.delete(browserUsers).where(and(eq(browserUsers.userId, change.session.userId), one, isAllowed)),
  ]);
}
