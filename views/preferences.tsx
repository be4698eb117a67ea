import { html, raw } from "hono/html";
import type { Language } from "../db/schema.ts";
import type { Problems } from "../http/forms.ts";
import { paths } from "../http/paths.ts";
import { cached } from "../words/cache.ts";
import type { Texts } from "../words/texts.ts";
import { DEFAULT_ZONE } from "../words/time.ts";
import { citiesIn, nameOfZone, namesOfZone, REGIONS } from "../words/time_zones.ts";
import { Choice, CsrfField } from "./fields.tsx";
import { PageHead } from "./layout.tsx";
import { Notification } from "./notifications.tsx";

export const AS_IN_BROWSER = "browser";
export const AS_IN_SYSTEM = "system";

export function PreferencesPage(
  {
    csrf,
    timeZone,
    storedZone,
    languages,
    language,
    theme,
    mailsPlaces,
    problem,
    problems = {},
    t: { preferences: t },
  }: {
    csrf: string;
    /** As chosen or sent; empty for none. */
    timeZone: string;
    storedZone: string | null;
    languages: Language[];
    language: string;
    theme: string;
    /** Null where no mail is sent. */
    mailsPlaces: boolean | null;
    problem?: string | undefined;
    problems?: Problems;
    t: Texts;
  },
) {
  const named = languages.map((value) => ({ value, text: nameOfLanguage(value), lang: value }));
  const themes = Object.entries(t.themes).map(([value, text]) => ({ value, text }));
  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      <div class="card entry">
        {problem && <Notification kind="problem" id="problem">{problem}</Notification>}
        <form method="post" action={paths.preferences} class="form">
          <CsrfField csrf={csrf} />
          <Choice
            name="time_zone"
            label={t.zone}
            hint={t.zoneHint}
            autofocus={problem !== undefined}
            problem={problems.time_zone}
            describedBy={problem && "problem"}
          >
            <option value="" selected={timeZone === ""}>{t.detectZone}</option>
            <Zones selected={timeZone} t={t} />
          </Choice>
          <BrowserZone storedZone={storedZone} label={t.browserZone} />
          <Choice name="language" label={t.language} problem={problems.language}>
            <Options options={[{ value: AS_IN_BROWSER, text: t.asInBrowser }, ...named]} selected={language} />
          </Choice>
          <Choice name="theme" label={t.theme} problem={problems.theme}>
            <Options options={[{ value: AS_IN_SYSTEM, text: t.asInSystem }, ...themes]} selected={theme} />
          </Choice>
          {mailsPlaces !== null && <MailChoice isTicked={mailsPlaces} t={t} />}
          <button type="submit" class="primary">{t.submit}</button>
        </form>
        <form method="post" action={paths.preferences} id="browser-zone">
          <CsrfField csrf={csrf} />
        </form>
      </div>
    </>
  );
}

// "Español", as its speakers write it at the beginning of a line.
function nameOfLanguage(language: Language): string {
  const name = new Intl.DisplayNames(language, { type: "language" }).of(language) ?? language;
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}

function MailChoice({ isTicked, t }: { isTicked: boolean; t: Texts["preferences"] }) {
  return (
    <div class="field">
      <input type="hidden" name="has_mail_places" value="yes" />
      <label class="tick">
        <input type="checkbox" name="mail_places" value="yes" checked={isTicked} aria-describedby="mail-places-hint" />
        {t.mailPlaces}
      </label>
      <p class="hint" id="mail-places-hint">{t.mailPlacesHint}</p>
    </div>
  );
}

type Option = { value: string; text: string; lang?: string };

function Options({ options, selected }: { options: Option[]; selected: string }) {
  return (
    <>
      {options.map(({ value, text, lang }) => (
        <option value={value} lang={lang} selected={value === selected}>{text}</option>
      ))}
    </>
  );
}

// A value that isn't in the list comes first: a zone from an older list, or invalid input.
function Zones({ selected, t }: { selected: string; t: Texts["preferences"] }) {
  const list = zoneList(t);
  const [before, after] = list.split(`<option value="${selected}">`);
  if (before !== undefined && after !== undefined) {
    return html`${raw(before)}<option value="${selected}" selected>${raw(after)}`;
  }
  return (
    <>
      {selected !== "" && <option value={selected} selected>{nameOfZone(selected)}</option>}
      {raw(list)}
    </>
  );
}

// Rendered once per language: it has over four hundred options. It contains no user input, so `raw` is safe.
const zoneList = cached(({ regions }: Texts["preferences"]) => {
  const groups = REGIONS.map((region) =>
    html`<optgroup label="${regions[region]}">${
      citiesIn(region).map(({ zone, city }) => html`<option value="${zone}">${city}</option>`)
    }</optgroup>`
  );
  return String(html`<option value="${DEFAULT_ZONE}">${DEFAULT_ZONE}</option>${groups}`);
});

// A separate form, because Enter presses a form's first button. Hidden until the script finds another zone than the stored one.
function BrowserZone({ storedZone, label }: { storedZone: string | null; label: string }) {
  return (
    <button
      type="submit"
      form="browser-zone"
      name="time_zone"
      class="quiet browser-zone"
      data-zone={storedZone === null ? "" : namesOfZone(storedZone).join(" ")}
    >
      {label}
    </button>
  );
}

export function PreferencesSaved({ t }: { t: Texts }) {
  return <Notification>{t.preferences.saved}</Notification>;
}
