import { BY_ADMINISTRATOR, type Mail, MAIL_LINKS, type Recipient, TAKEN_BACK } from "../db/mail/outbox.ts";
import { type Origin, readAbout } from "../db/mail/origins.ts";
import type { Language, MailEvent } from "../db/schema.ts";
import { areAboutPlaces, reasonsIn } from "../db/unusual.ts";
import { paths, withQuery } from "../http/paths.ts";
import { countryName, placeName } from "../words/countries.ts";
import { deviceName } from "../words/devices.ts";
import { type Texts, textsOf } from "../words/texts.ts";
import { DEFAULT_ZONE, formatTime } from "../words/time.ts";

/** In characters; the name of a browser and its system takes a third of it. */
const LONGEST_DEVICE = 80;

/** A message's recipient and site. `brand` is the panel's name, if it has its own. */
export type Letter = { user: Recipient; origin: URL; brand: string | undefined };
export type Written = { subject: string; text: string };

type Said = {
  subject: string;
  lead: string;
  advice: string;
  byAdministrator?: string;
  takenBack?: string;
  ignore?: string;
};

/** Writes the message for one event, in the owner's language and time zone. `from` is where it happened, `token` its link's. */
export function writeMessage(letter: Letter, mail: Mail, from: Origin | null, token: string | null): Written {
  const t = textsOf(languageFor(letter.user));
  const { event, about } = mail;
  const said: Said = t.mail[event];
  const path = token === null ? pathOf(event, from) : paths.link(token);
  // Changes by the administrator, or by a link that undid one, can't be undone by a link.
  const hasLink = token !== null || MAIL_LINKS[event] === undefined;
  return sign(letter, t, said.subject, [
    about === BY_ADMINISTRATOR && said.byAdministrator || about === TAKEN_BACK && said.takenBack || said.lead,
    event === "email_requested" ? "" : factsOf(letter.user, mail, from, t).join("\n"),
    hasLink ? `${said.advice}\n${new URL(path, letter.origin)}` : "",
    hasLink && said.ignore || "",
    MAIL_LINKS[event] === undefined ? reasonOf(mail, from, t) : "",
  ]);
}

export function writeSummary(letter: Letter, mails: Mail[]): Written {
  const t = textsOf(languageFor(letter.user));
  const { summary, counted } = t.mail;
  const lines = Object.entries(counted).flatMap(([event, say]) => {
    const count = mails.filter((mail) => mail.event === event).length;
    return count === 0 ? [] : [say(count)];
  });
  return sign(letter, t, summary.subject(mails.length), [
    summary.lead,
    [`${t.mail.account}: ${letter.user.email}`, ...lines].join("\n"),
    `${summary.advice}\n${new URL(paths.connections, letter.origin)}`,
    t.mail.reason.always,
  ]);
}

function languageFor({ language, browserLanguage }: Recipient): Language {
  return language ?? browserLanguage ?? "en";
}

function sign({ brand }: Letter, t: Texts, subject: string, parts: string[]): Written {
  const panel = brand ?? t.brand;
  // Mail programs recognise "-- " as the start of a signature.
  return {
    subject: t.mail.subject(panel, subject),
    text: [...parts.filter((part) => part !== ""), `-- \n${panel}\n`].join("\n\n"),
  };
}

function factsOf({ email, timeZone }: Recipient, mail: Mail, from: Origin | null, t: Texts): string[] {
  const zone = timeZone ?? DEFAULT_ZONE;
  const { method } = readAbout(mail);
  const facts: [name: string, value: string | null][] = [
    [t.mail.account, mail.event === "email_changed" ? mail.recipient : email],
    [t.mail.when, `${formatTime(mail.happenedAt, zone, t)} (${zone})`],
    [t.mail.why, mail.event === "unusual" && from ? reasonsOf(from, t) : null],
    [t.mail.method, isMethod(method, t) ? t.mail.methods[method] : null],
    [t.mail.device, from && withoutLinks(deviceName(from.device, t))],
    [t.mail.country, from && placeName(from.countryCode, t)],
    [t.mail.ip, from && (from.ip || t.place.alone.ip)],
  ];
  return facts.flatMap(([name, value]) => value ? [`${name}: ${value}`] : []);
}

function reasonsOf({ unusual, countryCode }: Origin, t: Texts): string {
  return reasonsIn(unusual).map((reason) =>
    t.row.unusual[reason](countryName(countryCode, t), { country: null, device: null })
  ).join("; ");
}

function isMethod(method: string | null, t: Texts): method is keyof Texts["mail"]["methods"] {
  return method !== null && Object.hasOwn(t.mail.methods, method);
}

/** A stranger chooses their browser's name: it must stay on its line, and no mail program may turn it into a link. */
function withoutLinks(device: string): string {
  return device.replace(/[\p{C}\p{Z}]+/gu, " ").replace(/[^\p{L}\p{N}\p{M} +·_-](?=\S)/gu, "$& ").slice(
    0,
    LONGEST_DEVICE,
  );
}

function reasonOf({ event }: Mail, from: Origin | null, t: Texts): string {
  const isAboutPlaces = event === "moved" || event === "unusual" && areAboutPlaces(reasonsIn(from?.unusual ?? null));
  return isAboutPlaces ? t.mail.reason.places : t.mail.reason.always;
}

function pathOf(event: MailEvent, from: Origin | null): string {
  if (event === "locked") return withQuery(paths.connections, { state: "refused" });
  return from?.connectionId ? paths.details(from.connectionId) : paths.connections;
}
