import type { Context } from "hono";
import { parseAccept } from "hono/utils/accept";
import { type Language, LANGUAGES } from "../db/schema.ts";
import type { Session } from "../db/sessions.ts";
import { remember } from "../words/cache.ts";

/** As much of the header as is read: browsers send a tenth of it. */
const LONGEST = 1_000;

/** The language of who asks: what they chose in their account, else what the browser asks for, else English. */
export function languageOf(c: Context, session: Session | null): Language {
  return session?.language ?? askedFor((c.req.header("Accept-Language") ?? "").slice(0, LONGEST));
}

/** The first of our languages in an `Accept-Language` header, in the order of its weights; "es-MX" is Spanish (RFC 4647, 3.4). */
const askedFor = remember((header: string): Language => {
  const ranges = parseAccept(header).filter(({ q }) => q > 0).map(({ type }) => type.split("-")[0]?.toLowerCase());
  const language = ranges.map((range) => LANGUAGES.find((known) => known === range)).find(Boolean);
  return language ?? "en";
}, 1_000);
