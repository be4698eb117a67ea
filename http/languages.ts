import type { Context } from "hono";
import { detectFromHeader } from "hono/language";
import { type Language, LANGUAGES } from "../db/schema.ts";
import type { Session } from "../db/sessions.ts";

const DETECTION = {
  order: ["header" as const],
  lookupQueryString: "",
  lookupCookie: "",
  lookupFromPathIndex: 0,
  lookupFromHeaderKey: "accept-language",
  caches: false as const,
  ignoreCase: true,
  fallbackLanguage: "en",
  supportedLanguages: [...LANGUAGES],
};

/** In characters; browsers send far less. */
const LONGEST_HEADER = 1_000;

/** The request's language: the account's, or the browser's, or English. */
export function languageOf(c: Context, session: Session | null): Language {
  return session?.language ?? (isShort(c) ? detectFromHeader(c, DETECTION) as Language | undefined : undefined) ?? "en";
}

function isShort(c: Context): boolean {
  return (c.req.header("Accept-Language")?.length ?? 0) <= LONGEST_HEADER;
}
