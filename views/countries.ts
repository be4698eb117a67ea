const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
const known = new Map<string, string | undefined>([
  ["private", "Private network"],
  ["none", "Unknown"],
]);

/** The English name of a country code, `private` or `none`; the code itself where it has no name. */
export function countryName(code: string): string {
  return lookUp(code) ?? code;
}

/** Whether this is a country's code with a name, `private` or `none`. */
export function isCountry(code: string): boolean {
  return lookUp(code) !== undefined;
}

/** The flag of a country: its two letters as regional indicators. Empty for what is no country. */
export function flagOf(code: string): string {
  return /^[A-Z]{2}$/.test(code)
    ? String.fromCodePoint(...[...code].map((letter) => 0x1f1e6 + letter.charCodeAt(0) - 65))
    : "";
}

/** `Intl` takes a microsecond a name, and a page has 25: each is asked once. */
function lookUp(code: string): string | undefined {
  if (!known.has(code) && /^[A-Z]{2}$/.test(code)) known.set(code, isAssigned(code) ? names.of(code) : undefined);
  return known.get(code);
}

/** `Intl` also names former countries (by the code of their heirs), alliances and test regions: none of them is a country's code. */
function isAssigned(code: string): boolean {
  const others = ["EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"];
  return !others.includes(code) && Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`;
}
