/** Something that the program needs can't be had just now; the answer is a 503 that says when to try again. */
export class Unavailable extends Error {
  override name = "Unavailable";

  constructor(message: string, readonly retryAfterSeconds: number, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The `Unavailable` that an error is, or that hides in its chain of causes (Drizzle wraps what it meets); else null. */
export function unavailabilityIn(error: unknown): Unavailable | null {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e instanceof Unavailable) return e;
  }
  return null;
}

/**
 * Does a write, and where its answer was lost (`Unavailable`), looks whether it was done all the same: `look` finds that by the
 * ids that the write was made with, and gives what the write would have returned; `null` when there is no trace of it.
 */
export async function orLookBack<T>(write: () => Promise<T>, look: () => Promise<T | null>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!unavailabilityIn(error)) throw error;
    const done = await look();
    if (done === null) throw error;
    return done;
  }
}
