import { DrizzleQueryError } from "drizzle-orm";
import { causesOf } from "../db/driver/unavailable.ts";

/** Event names of the OWASP logging vocabulary, then our own. */
export type LogEvent =
  | "authn_login_success"
  | "authn_login_fail"
  | "authn_login_lock"
  | "authn_login_disabled"
  | "authn_login_pending"
  | "authn_token_created"
  | "authn_method_added"
  | "authn_method_removed"
  | "authn_password_change"
  | "authn_recovery_requested"
  | "authn_password_change_fail"
  | "password_unreadable"
  | "secret_key_missing"
  | "mail_failed"
  | "mail_given_up"
  | "authz_fail"
  | "excess_rate_limit_exceeded"
  | "input_validation_fail"
  | "malicious_csrf"
  | "sensitive_read"
  | "session_renewed"
  | "sys_startup"
  | "sys_shutdown"
  | "sys_crash"
  | "user_created"
  | "user_updated"
  | "user_deleted"
  | "user_disabled"
  | "user_enabled"
  | "history_swept"
  | "authn_login_unlock"
  | "session_closed"
  | "unusual_moved"
  | "address_unknown"
  | "unusual_recognized"
  | "unusual_disowned";

/** A log event's fields: ids, IP addresses, counts; never a password, cookie, csrf value or email address. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

export type Log = (event: LogEvent, fields?: LogFields) => void;

/** Control, format and separator characters, of which JSON escapes only those below U+0020. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Creates a log of JSON lines with UTC times. */
export function createLog(write: (line: string) => void, now: () => number): Log {
  return (event, fields) => write(toLine({ time: new Date(now()).toISOString(), event, ...fields }));
}

/** Writes JSON in which nothing can start a line or a terminal command. */
export function toLine(value: unknown): string {
  return JSON.stringify(value).replace(UNPRINTABLE, escapeUnits);
}

function escapeUnits(character: string): string {
  const units = Array.from(
    { length: character.length },
    (_, i) => character.charCodeAt(i).toString(16).padStart(4, "0"),
  );
  return units.map((unit) => `\\u${unit}`).join("");
}

/** Describes an error with its causes. A failed query appears without its values, which are addresses, hashes and ids of sessions. */
export function describeError(error: unknown): string {
  return causesOf(error).map((cause) => cause instanceof Error ? stackOf(cause) : String(cause)).join("\nCaused by: ");
}

function stackOf(error: Error): string {
  const text = error.stack ?? error.message;
  return error instanceof DrizzleQueryError ? text.replace(error.message, () => `Failed query: ${error.query}`) : text;
}
