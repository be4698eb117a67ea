import type { Language } from "../db/schema.ts";
import { cached } from "./cache.ts";
import { inEachLanguage } from "./languages.ts";

const numbers = inEachLanguage((language) => {
  const format = new Intl.NumberFormat(language);
  return cached((count: number) => format.format(count));
});
const isOne = inEachLanguage((language) => {
  const rules = new Intl.PluralRules(language);
  return cached((count: number) => rules.select(count) === "one");
});

/** Whether the language's numbers have a comma where English has a point. */
export function hasDecimalComma(language: Language): boolean {
  return new Intl.NumberFormat(language).format(0.5).includes(",");
}

/** Helpers for a language's plurals, numbers and lists. */
export type Counting = {
  pick: (count: number, one: string, other: string) => string;
  number: (count: number) => string;
  count: (count: number, one: string, other: string) => string;
  list: (parts: string[]) => string;
};

/** Helpers for one language's texts: `pick` chooses a plural form, `number` formats, `count` does both ("1,208 rows"), `list` joins. */
export function countingIn(language: Language): Counting {
  const pick = (count: number, one: string, other: string) => isOne(language)(count) ? one : other;
  const number = (count: number) => numbers(language)(count);
  const lists = new Intl.ListFormat(language === "en" ? "en-GB" : language);
  return {
    pick,
    number,
    count: (count: number, one: string, other: string) => `${number(count)} ${pick(count, one, other)}`,
    list: (parts: string[]) => lists.format(parts),
  };
}
