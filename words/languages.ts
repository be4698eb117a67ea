import type { Language } from "../db/schema.ts";

/** Makes something once for each language, such as a formatter with its cache. */
export function inEachLanguage<Made>(make: (language: Language) => Made): Record<Language, Made> {
  return { en: make("en"), es: make("es"), ca: make("ca") };
}
