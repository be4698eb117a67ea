import type { Context } from "hono";
import { detectFromHeader } from "hono/language";
import { type Language, LANGUAGES } from "../db/schema.ts";
import type { Session } from "../db/sessions.ts";
import type { AppOptions } from "./env.ts";

const DETECTION = {
  order: ["header" as const],
  lookupQueryString: "",
  lookupCookie: "",
  lookupFromPathIndex: 0,
  lookupFromHeaderKey: "accept-language",
  caches: false as const,
  ignoreCase: true,
  fallbackLanguage: "en",
};

/** In characters; browsers send far less. */
const LONGEST_HEADER = 1_000;

export function languagesOf({ languages }: AppOptions): Language[] {
  return languages ? [...new Set([...LANGUAGES, ...Object.keys(languages)])] : LANGUAGES;
}

/** The request's language: the account's, or the browser's, or English. */
export function languageOf(c: Context, session: Session | null, options: AppOptions): Language {
  const supportedLanguages = languagesOf(options);
  const chosen = session?.language;
  if (chosen && supportedLanguages.includes(chosen)) return chosen;
  return (isShort(c) ? detectFromHeader(c, { ...DETECTION, supportedLanguages }) : undefined) ?? "en";
}

function isShort(c: Context): boolean {
  return (c.req.header("Accept-Language")?.length ?? 0) <= LONGEST_HEADER;
}
