import { Buffer } from "node:buffer";

/** NIST SP 800-63B-4, 3.1.1.2: the minimum where the password is the only factor. */
export const SHORTEST_PASSWORD = 15;
/** In bytes of UTF-8: three such fields, percent-encoded, still fit into the largest form that is accepted. */
export const LONGEST_PASSWORD = 1_536;

export type PasswordProblem = "too_short" | "too_long" | "email" | "common";

/**
 * Finds what is wrong with a new password; `null` if nothing is. Follows NIST SP 800-63B-4: a minimum length, any characters, no
 * composition rules, none that attackers try first.
 */
export async function passwordProblem(password: string, email: string): Promise<PasswordProblem | null> {
  const normal = normalizePassword(password);
  if ([...normal].length < SHORTEST_PASSWORD) return "too_short";
  if (isTooLong(password)) return "too_long";

  const folded = normal.toLowerCase();
  if (folded === email.toLowerCase()) return "email";
  return isRepetition(folded) || isRun(folded) || await isCommon(folded) ? "common" : null;
}

/** Whether a password is over `LONGEST_PASSWORD`. */
export function isTooLong(password: string): boolean {
  return Buffer.byteLength(normalizePassword(password)) > LONGEST_PASSWORD;
}

/** Two keyboards may send the same password as different code points (NIST SP 800-63B-4, 3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize("NFC");
}

/** "aaaaaaaaaaaaaaa", "passwordpassword". */
function isRepetition(password: string): boolean {
  return /^(.{1,8}?)\1+$/su.test(password);
}

/** "123456789012345", "qwertyuiopasdfg", "abcdefghijklmno", forwards or backwards. */
function isRun(password: string): boolean {
  const sequences = ["1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"];
  return sequences.some((sequence) => {
    const long = sequence.repeat(2 + password.length / sequence.length);
    return long.includes(password) || [...long].reverse().join("").includes(password);
  });
}

async function isCommon(password: string): Promise<boolean> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  return dictionary["passwords-common"].includes(password);
}
