import type { Language } from "../db/schema.ts";
import { ca } from "./texts/ca.ts";
import { en, type Wording } from "./texts/en.ts";
import { es } from "./texts/es.ts";

/** Everything that the pages say, in one language. */
export type Texts = Wording & { language: Language };

const english: Texts = { language: "en", ...en };
const all = new Map<Language, Texts>([
  ["en", english],
  ["es", { language: "es", ...es }],
  ["ca", { language: "ca", ...ca }],
]);

/** Adds languages for the whole process, or other words for one that it has. */
export function addLanguages(languages: Record<Language, Wording>): void {
  for (const [language, wording] of Object.entries(languages)) all.set(language, { language, ...wording });
}

/** In English for a language that nobody added. */
export function textsOf(language: Language): Texts {
  return all.get(language) ?? english;
}
