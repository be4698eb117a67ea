import { html as markup } from "hono/html";
import { DEFAULT_ZONE } from "./time.ts";

/** What V8 still lists under a name that its place has given up, or that hides the country from who searches for it. */
const RENAMED: Record<string, string> = {
  "Africa/Asmera": "Africa/Asmara",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Catamarca": "America/Argentina/Catamarca",
  "America/Coral_Harbour": "America/Atikokan",
  "America/Cordoba": "America/Argentina/Cordoba",
  "America/Godthab": "America/Nuuk",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "America/Jujuy": "America/Argentina/Jujuy",
  "America/Louisville": "America/Kentucky/Louisville",
  "America/Mendoza": "America/Argentina/Mendoza",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Enderbury": "Pacific/Kanton",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
};

/** The IANA names of the time zones that there are to choose from, by region and city. */
export const TIME_ZONES = [
  ...new Set([DEFAULT_ZONE, ...Intl.supportedValuesOf("timeZone").map((name) => RENAMED[name] ?? name).sort()]),
];

/** How people read and type a zone's name: "America/New York". */
export function nameOfZone(zone: string): string {
  return zone.replaceAll("_", " ");
}

/** The zones to choose from, for a field with `list="time-zones"`. HTML leaves the end of an option out, which is 4 KB here. */
export const TIME_ZONE_LIST = markup`<datalist id="time-zones">${
  TIME_ZONES.map((zone) => markup`<option>${nameOfZone(zone)}`)
}</datalist>`;
