import { cached } from "../../words/cache.ts";
import { isCountryCode, placeName } from "../../words/countries.ts";
import { inEachLanguage } from "../../words/languages.ts";
import { type Texts, textsOf } from "../../words/texts.ts";
import { formatTime, isoMinute } from "../../words/time.ts";
import { html } from "../html.ts";

export function Time({ at, zone, t }: { at: number; zone: string; t: Texts }) {
  return html`<time datetime="${isoMinute(at)}">${formatTime(at, zone, t)}</time>`;
}

export function Country({ code, t }: { code: string; t: Texts }) {
  return countries(t.language)(code);
}

const countries = inEachLanguage((language) =>
  cached((code: string) => {
    const name = placeName(code, textsOf(language));
    const flag = flagOf(code);
    return flag === "" ? html`${name}` : html`<span aria-hidden="true">${flag}\u00a0</span>${name}`;
  })
);

// Empty for what isn't a country.
export const flagOf = cached((code: string) =>
  isCountryCode(code) ? String.fromCodePoint(...[...code].map((letter) => 0x1f1e6 + letter.charCodeAt(0) - 65)) : ""
);

/** Long addresses may break after every second colon. */
export function IpAddress({ ip }: { ip: string }) {
  return ip.includes(":") ? groups(ip) : ip;
}

const groups = cached((ip: string) => {
  const parts = ip.split(/(?<=:)(?=[^:])/);
  return html`${parts.map((part, i) => i % 2 === 1 ? html`${part}<wbr>` : part)}`;
});
