import type { Language } from "../db/schema.ts";
import { cached } from "./cache.ts";
import { inEachLanguage } from "./languages.ts";
import type { Texts } from "./texts.ts";

/** Names a country code, `private` or `none`; an unknown code is its own name. */
export function countryName(code: string, t: Texts): string {
  if (code === "private") return t.place.private;
  if (code === "none") return t.place.unknown;
  return lookUp(code, t.language) ?? code;
}

/** The same where no column heading says that it is a country. */
export function placeName(code: string, t: Texts): string {
  return code === "none" ? t.place.alone.country : countryName(code, t);
}

/** Whether this is a country code that has a name, `private` or `none`. */
export function isCountry(code: string): boolean {
  return code === "private" || code === "none" || lookUp(code, "en") !== undefined;
}

/** Whether this is written like a country code, which `private` and `none` aren't. */
export function isCountryCode(code: string): boolean {
  return /^[A-Z]{2}$/.test(code);
}

function lookUp(code: string, language: Language): string | undefined {
  return isCountryCode(code) ? names(language)(code) : undefined;
}

const names = inEachLanguage((language) => {
  const format = new Intl.DisplayNames(language, { type: "region", fallback: "none" });
  return cached((code: string) => isAssigned(code) ? format.of(code) : undefined);
});

/** `Intl` also names former countries, alliances and test regions, which aren't country codes. */
function isAssigned(code: string): boolean {
  const others = ["EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"];
  return !others.includes(code) && Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`;
}
