import { createHash, randomInt } from "node:crypto";

const COUNT = 10;
const GROUPS = 4;
const GROUP_LENGTH = 4;
/** Without letters that look like digits, or like each other: 80 bits in 16 characters. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export function newRecoveryCodes(): string[] {
  return Array.from({ length: COUNT }, () => Array.from({ length: GROUPS }, newGroup).join("-"));
}

function newGroup(): string {
  return Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}

/** The code as it was made, however it was typed; `null` for what can't be one. */
export function readRecoveryCode(typed: string): string | null {
  const letters = typed.toLowerCase().replace(/[\s-]/g, "").replace(/o/g, "0").replace(/[il]/g, "1");
  if (letters.length !== GROUPS * GROUP_LENGTH || [...letters].some((letter) => !ALPHABET.includes(letter))) {
    return null;
  }
  return letters.replace(/.{4}(?=.)/g, "$&-");
}

/** Its SHA-256, base64url: a code is random enough to need no slow hash. */
export function hashRecoveryCode(code: string): string {
  return createHash("sha256").update(code).digest("base64url");
}
