import type { ParseArgsOptionsConfig } from "node:util";
import type { Db } from "../../db/database.ts";
import type { User } from "../../db/schema.ts";
import { findUser, foldEmail } from "../../db/users.ts";
import type { LogEvent, LogFields } from "../../http/log.ts";
import type { Configuration } from "../configuration.ts";

/** One of the commands of `deno task users`. */
export type Action = {
  /** Its operands and options, as the usage shows them. */
  takes: string;
  does: string;
  operands: number;
  options?: ParseArgsOptionsConfig;
  /** Whether it may make a database where there is none. */
  mayCreate?: boolean;
  /** Whether standard output is its result: then its lines of the log go to standard error. */
  isList?: boolean | ((input: Input) => boolean);
  /** Finds what is wrong with the input, before the database is opened. */
  check?: (input: Input) => string | null;
  /** Returns the exit status. */
  run: (context: Context, input: Input) => Promise<number>;
};

export type Input = { operands: string[]; options: Record<string, string | boolean | undefined> };

export type Context = {
  db: Db;
  configuration: Configuration;
  /** Logs what was done, and who did it. */
  log: (event: LogEvent, fields?: LogFields) => void;
};

/** Runs `act` for the account with this address; without one it fails, and says what can't be done. */
export async function withUser(
  { db }: Context,
  email: string,
  cannot: string,
  act: (user: User) => Promise<number>,
): Promise<number> {
  const user = await findUser(db, email);
  return user ? await act(user) : fail(`Cannot ${cannot}: there is no account ${foldEmail(email)}`);
}

/** Sentences go to standard error, because standard output is the log or the result. */
export function done(sentence: string): number {
  console.error(sentence);
  return 0;
}

export function fail(sentence: string): number {
  console.error(sentence);
  return 1;
}

export function countOpen(count: number): string {
  return counted(count, "open connection");
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Writes to standard output, waiting for its reader. `false` once that has left. */
export async function print(text: string): Promise<boolean> {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let written = 0; written < bytes.length;) written += await Deno.stdout.write(bytes.subarray(written));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}
