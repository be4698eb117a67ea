import type { Language } from "../db/schema.ts";
import { inEachLanguage } from "./languages.ts";

const numbers = inEachLanguage((language) => new Intl.NumberFormat(language));
const rules = inEachLanguage((language) => new Intl.PluralRules(language));

/** "1,208", as the language writes it. */
export function countOf(count: number, language: Language): string {
  // Below a thousand every language here writes the digits alone.
  return count < 1_000 ? String(count) : numbers[language].format(count);
}

/** How a language counts: `pick` chooses the form of a number, and `count` puts the number before it. */
export function countingIn(language: Language) {
  const pick = (count: number, one: string, other: string) => rules[language].select(count) === "one" ? one : other;
  return {
    pick,
    number: (count: number) => countOf(count, language),
    count: (count: number, one: string, other: string) => `${countOf(count, language)} ${pick(count, one, other)}`,
  };
}
