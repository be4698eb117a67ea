import type { Language } from "../db/schema.ts";
import { ca } from "./texts/ca.ts";
import { en, type Wording } from "./texts/en.ts";
import { es } from "./texts/es.ts";

/** All texts of pages and mails in one language. */
export type Texts = Wording & { language: Language };

const english: Texts = { language: "en", ...en };
const all = new Map<Language, Texts>([
  ["en", english],
  ["es", { language: "es", ...es }],
  ["ca", { language: "ca", ...ca }],
]);

/** Adds languages for the whole process, or replaces the texts of one. */
export function addLanguages(languages: Record<Language, Wording>): void {
  for (const [language, wording] of Object.entries(languages)) all.set(language, { language, ...wording });
}

/** English for an unknown language. */
export function textsOf(language: Language): Texts {
  return all.get(language) ?? english;
}
