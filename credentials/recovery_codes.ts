import { createHash, randomInt } from "node:crypto";

const COUNT = 10;
const GROUPS = 4;
const GROUP_LENGTH = 6;
/** Without letters that look like digits, or like each other: 120 bits in 24 characters. */
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
  return letters.replace(new RegExp(`.{${GROUP_LENGTH}}(?=.)`, "g"), "$&-");
}

/** Its SHA-256, base64url: from 112 random bits on a code needs no slow hash (ASVS 6.5.2). */
export function hashRecoveryCode(code: string): string {
  return createHash("sha256").update(code).digest("base64url");
}
