/** Digits, punctuation, spaces and signs: what people add to a word to make it longer. Pictures aren't among them. */
const FILLER = String.raw`[\p{N}\p{P}\p{Z}\p{Cc}$+<=>^\x60|~]`;
const ALL_FILLER = new RegExp(`${FILLER}+`, "gu");
const TRAILING_FILLER = new RegExp(`${FILLER}+$`, "u");
const ANYTHING_ELSE = new RegExp(`(?!${FILLER}).`, "su");
/** In characters; no common password is longer. */
const LONGEST = 64;
const REPEATED = new RegExp(`^(.{1,${LONGEST}}?)\\1+$`, "su");
/** For texts that begin with none: otherwise it would backtrack without end. */
const REPEATED_WITH_FILLER = new RegExp(`^(.{1,${LONGEST}}?)(?:${FILLER}*\\1)+$`, "su");

let list: Promise<Set<string>> | undefined;

/** Whether a password in lower case is a common one, perhaps repeated or between digits and signs (ASVS 6.2.4). */
export async function isCommon(password: string): Promise<boolean> {
  const common = await (list ??= loadList());
  const core = coreOf(password);
  if (core === "") return common.has(REPEATED.exec(password)?.[1] ?? password);

  const word = REPEATED_WITH_FILLER.exec(core)?.[1] ?? core;
  // A common password may itself begin or end with digits, such as "abc123".
  const start = password.indexOf(core);
  for (let from = 0; from <= start; from++) {
    for (let to = start + word.length; to <= Math.min(password.length, from + LONGEST); to++) {
      if (common.has(password.slice(from, to))) return true;
    }
  }
  return false;
}

/** A password without the digits, signs and spaces at both ends. */
export function coreOf(password: string): string {
  const start = password.search(ANYTHING_ELSE);
  return start === -1 ? "" : password.slice(start).replace(TRAILING_FILLER, "");
}

/** A text without any digits, signs and spaces. */
export function lettersOf(text: string): string {
  return text.replace(ALL_FILLER, "");
}

async function loadList(): Promise<Set<string>> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  return new Set(dictionary["passwords-common"]);
}
