import type { Language } from "../db/schema.ts";

/** Makes something once for each language, so that what is kept of one never shows in another. */
export function inEachLanguage<Made>(make: (language: Language) => Made): Record<Language, Made> {
  return { en: make("en"), es: make("es"), ca: make("ca") };
}
