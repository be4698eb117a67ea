import type { Language } from "../db/schema.ts";

/** Makes something once per language, when first needed, such as a formatter with its cache. */
export function inEachLanguage<Made>(make: (language: Language) => Made): (language: Language) => Made {
  const made = new Map<Language, Made>();
  return (language) => {
    const found = made.get(language) ?? make(language);
    made.set(language, found);
    return found;
  };
}
