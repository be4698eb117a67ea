import { Buffer } from "node:buffer";
import { coreOf, isCommon, lettersOf } from "./common_passwords.ts";

/** NIST SP 800-63B-4, 3.1.1.2: the minimum where the password is the only factor. */
export const SHORTEST_PASSWORD = 15;
/** In bytes of UTF-8: three such fields, percent-encoded, still fit into the largest form that is accepted. */
export const LONGEST_PASSWORD = 1_536;

/** The product's name in each language, which attackers try whatever the site's own name is. */
const PRODUCT = ["Connection history", "Historial de conexiones", "Historial de connexions"];
/** In letters: shorter names are part of too many words. */
const SHORTEST_NAME = 4;
/** In letters: so few beside a name make it no harder to guess. */
const FEW_LETTERS = 3;
/** In characters: a shorter pattern between digits leaves it to the digits. */
const SHORTEST_PATTERN = 8;

/** What is wrong with a new password; `email` and `site`: it is based on the account's address, or on the panel's name. */
export type PasswordProblem = "too_short" | "too_long" | "email" | "site" | "common";

/**
 * Resolves to what is wrong with a new password, or `null`. Follows NIST SP 800-63B-4: at least 15 characters of any kind, no composition
 * rules, none that attackers try first. `brand` is the site's name (ASVS 6.1.2).
 */
export async function passwordProblem(password: string, email: string, brand = ""): Promise<PasswordProblem | null> {
  const normal = normalizePassword(password);
  if ([...normal].length < SHORTEST_PASSWORD) return "too_short";
  if (isTooLong(password)) return "too_long";

  const folded = normal.toLowerCase();
  if (folded === email.toLowerCase() || await isMadeOf(folded, namesIn(email))) return "email";
  if (await isMadeOf(folded, [brand, ...PRODUCT].flatMap(namesIn))) return "site";
  return isPattern(folded) || await isCommon(folded) ? "common" : null;
}

/** Whether a password is over `LONGEST_PASSWORD`. */
export function isTooLong(password: string): boolean {
  return Buffer.byteLength(normalizePassword(password)) > LONGEST_PASSWORD;
}

/** Two keyboards may send the same password as different code points (NIST SP 800-63B-4, 3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize("NFC");
}

/** Whether a password has nothing but names, digits, signs and perhaps a common password: a passphrase may well contain a name. */
async function isMadeOf(password: string, names: string[]): Promise<boolean> {
  const letters = lettersOf(password);
  const rest = names.toSorted((a, b) => b.length - a.length).reduce((text, name) => text.replaceAll(name, ""), letters);
  return rest !== letters && (rest.length <= FEW_LETTERS || await isCommon(rest));
}

/** The letters of a name or an address, as a whole and of each of its words. */
function namesIn(text: string): string[] {
  const folded = normalizePassword(text).toLowerCase();
  const [local = ""] = folded.split("@");
  return [folded, local, ...folded.split(/[\s\p{P}]+/u)].map(lettersOf).filter((name) => name.length >= SHORTEST_NAME);
}

/** Whether a password, or what is between the digits and signs at its ends, is a repetition or a run. */
function isPattern(password: string): boolean {
  const core = coreOf(password);
  return [password, core].some((text) => [...text].length >= SHORTEST_PATTERN && (isRepetition(text) || isRun(text)));
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
