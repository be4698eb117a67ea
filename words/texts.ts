import type { Language } from "../db/schema.ts";
import { ca } from "./texts/ca.ts";
import { en, type Wording } from "./texts/en.ts";
import { es } from "./texts/es.ts";

/** Everything that the pages say, in one language. */
export type Texts = Wording & { language: Language };

const all: Record<Language, Texts> = {
  en: { language: "en", ...en },
  es: { language: "es", ...es },
  ca: { language: "ca", ...ca },
};

export function textsOf(language: Language): Texts {
  return all[language];
}
