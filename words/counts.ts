import type { Language } from "../db/schema.ts";
import { inEachLanguage } from "./languages.ts";
import { remember } from "./cache.ts";

/** `Intl` takes a microsecond or two for each. */
const numbers = inEachLanguage((language) => {
  const format = new Intl.NumberFormat(language);
  return remember((count: number) => format.format(count));
});
const isOne = inEachLanguage((language) => {
  const rules = new Intl.PluralRules(language);
  return remember((count: number) => rules.select(count) === "one");
});

/** "1,208", as the language writes it. */
export function countOf(count: number, language: Language): string {
  // Below a thousand every language here writes the digits alone.
  return count < 1_000 ? String(count) : numbers[language](count);
}

/** How a language counts: `pick` chooses the form of a number, and `count` puts the number before it. */
export function countingIn(language: Language) {
  const pick = (count: number, one: string, other: string) => isOne[language](count) ? one : other;
  return {
    pick,
    number: (count: number) => countOf(count, language),
    count: (count: number, one: string, other: string) => `${countOf(count, language)} ${pick(count, one, other)}`,
  };
}
