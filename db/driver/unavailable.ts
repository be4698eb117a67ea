/** A dependency is temporarily unavailable: becomes a 503 with `Retry-After`. */
export class Unavailable extends Error {
  override name = "Unavailable";

  /** Whether the call may have been done nevertheless. */
  readonly mayBeDone: boolean;

  constructor(
    message: string,
    readonly retryAfterSeconds: number,
    { mayBeDone = true, ...options }: ErrorOptions & { mayBeDone?: boolean } = {},
  ) {
    super(message, options);
    this.mayBeDone = mayBeDone;
  }
}

/** The database refuses the program's token: no use to try again before the operator has changed it. */
export class AccessRefused extends Unavailable {
  override name = "AccessRefused";

  constructor(message: string, retryAfterSeconds: number, options?: ErrorOptions) {
    super(message, retryAfterSeconds, { ...options, mayBeDone: false });
  }
}

/** The error and its causes, outermost first: Drizzle and the driver wrap what they meet. */
export function causesOf(error: unknown): unknown[] {
  const causes = [error];
  for (let e = error; e instanceof Error && e.cause !== undefined; e = e.cause) causes.push(e.cause);
  return causes;
}

/** Finds the `Unavailable` among an error and its causes; `null` if there is none. */
export function findUnavailable(error: unknown): Unavailable | null {
  return causesOf(error).find((cause) => cause instanceof Unavailable) ?? null;
}

/**
 * Runs a write; if its answer is lost (`Unavailable`), `recover` looks in the database for the ids it was made with, and returns what the
 * write would have, or `null` if it left no trace.
 */
export async function orRecover<T>(write: () => Promise<T>, recover: () => Promise<T | null>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!findUnavailable(error)?.mayBeDone) throw error;
    const recovered = await recover();
    if (recovered === null) throw error;
    return recovered;
  }
}
