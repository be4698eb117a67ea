import { DrizzleQueryError } from "drizzle-orm";

/** Event names of the OWASP logging vocabulary, and after them ours for what it has no name for. */
export type LogEvent =
  | "authn_login_success"
  | "authn_login_fail"
  | "authn_login_lock"
  | "authn_password_change"
  | "authn_password_change_fail"
  | "session_closed"
  | "session_renewed"
  | "excess_rate_limit_exceeded"
  | "malicious_csrf"
  | "sys_startup"
  | "sys_shutdown"
  | "sys_crash"
  | "unusual_recognized"
  | "unusual_disowned";

/** What goes beside an event: ids, addresses, counts; never a password, a cookie, a form's csrf value or an e-mail address. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

export type Log = (event: LogEvent, fields?: LogFields) => void;

/** Control, format and separator characters: JSON escapes only those below U+0020. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * A log of JSON lines with the time in UTC. All that is no plain text is escaped, so that no input can start a line of its own:
 * not for what breaks lines at U+0085 or U+2028 too, nor on a terminal, for which U+009B begins a command.
 */
export function createLog(write: (line: string) => void, now: () => number): Log {
  return (event, fields) =>
    write(JSON.stringify({ time: new Date(now()).toISOString(), event, ...fields }).replace(UNPRINTABLE, escapeUnits));
}

function escapeUnits(character: string): string {
  const units = Array.from(
    { length: character.length },
    (_, i) => character.charCodeAt(i).toString(16).padStart(4, "0"),
  );
  return units.map((unit) => `\\u${unit}`).join("");
}

/**
 * What the log says of an error: the whole chain of causes, since Drizzle wraps what it meets. Of a query that failed it says the
 * text and not the values, which are addresses, hashes and ids of sessions.
 */
export function describeError(error: unknown): string {
  const messages: string[] = [];
  for (let e = error; e !== undefined; e = e instanceof Error ? e.cause : undefined) {
    messages.push(e instanceof Error ? describeOne(e) : String(e));
  }
  return messages.join("\nCaused by: ");
}

function describeOne(error: Error): string {
  const text = error.stack ?? error.message;
  return error instanceof DrizzleQueryError ? text.replace(error.message, () => `Failed query: ${error.query}`) : text;
}
