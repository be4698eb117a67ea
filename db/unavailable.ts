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
