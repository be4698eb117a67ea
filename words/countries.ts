import type { Language } from "../db/schema.ts";
import { inEachLanguage } from "./languages.ts";
import { remember } from "./cache.ts";
import type { Texts } from "./texts.ts";

/** The name of a country code, `private` or `none`; the code itself where it has no name. */
export function countryName(code: string, t: Texts): string {
  if (code === "private") return t.place.private;
  if (code === "none") return t.place.unknown;
  return lookUp(code, t.language) ?? code;
}

/** The same where nothing beside it says that it is a country's name. */
export function placeName(code: string, t: Texts): string {
  return code === "none" ? t.place.alone.country : countryName(code, t);
}

/** Whether this is a country's code with a name, `private` or `none`. */
export function isCountry(code: string): boolean {
  return code === "private" || code === "none" || lookUp(code, "en") !== undefined;
}

function lookUp(code: string, language: Language): string | undefined {
  return /^[A-Z]{2}$/.test(code) ? names[language](code) : undefined;
}

/** `Intl` takes a microsecond a name, and a page has 25: each is asked once. */
const names = inEachLanguage((language) => {
  const format = new Intl.DisplayNames(language, { type: "region", fallback: "none" });
  return remember((code: string) => isAssigned(code) ? format.of(code) : undefined);
});

/** `Intl` also names former countries (by the code of their heirs), alliances and test regions: none of them is a country's code. */
function isAssigned(code: string): boolean {
  const others = ["EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"];
  return !others.includes(code) && Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`;
}
