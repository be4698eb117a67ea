import { html } from "hono/html";
import type { Language } from "../db/schema.ts";
import type { Problems } from "../http/forms.ts";
import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";
import { DEFAULT_ZONE } from "../words/time.ts";
import { nameOfZone, TIME_ZONES } from "../words/time_zones.ts";
import { Choice, Field } from "./fields.tsx";
import { Notification } from "./notifications.tsx";

export const AS_IN_BROWSER = "browser";
export const AS_IN_SYSTEM = "system";

const LANGUAGE_NAMES: Record<Language, string> = { en: "English", es: "Español", ca: "Català" };

export function PreferencesPage({ csrf, timeZone, language, theme, problem, problems = {}, t: { preferences: t } }: {
  csrf: string;
  timeZone: string;
  language: string;
  theme: string;
  problem?: string | undefined;
  problems?: Problems;
  t: Texts;
}) {
  const languages = Object.entries(LANGUAGE_NAMES).map(([value, text]) => ({ value, text, lang: value }));
  const themes = Object.entries(t.themes).map(([value, text]) => ({ value, text }));
  return (
    <>
      <div class="head">
        <div class="head-text">
          <h1>{t.title}</h1>
          <p>{t.lead}</p>
        </div>
      </div>
      <div class="card entry">
        {problem && <Notification kind="problem" id="problem">{problem}</Notification>}
        <form method="post" action={paths.preferences} class="form">
          <input type="hidden" name="csrf" value={csrf} />
          <Field
            name="time_zone"
            label={t.zone}
            type="text"
            list="time-zones"
            value={timeZone}
            placeholder={DEFAULT_ZONE}
            autocomplete="off"
            spellcheck={false}
            required={false}
            autofocus={problem !== undefined}
            hint={t.zoneHint}
            problem={problems.time_zone}
            describedBy={problem && "problem"}
          />
          {ZONE_LIST}
          <BrowserZone label={t.browserZone} />
          <Choice
            name="language"
            label={t.language}
            value={language}
            options={[{ value: AS_IN_BROWSER, text: t.asInBrowser }, ...languages]}
            problem={problems.language}
          />
          <Choice
            name="theme"
            label={t.theme}
            value={theme}
            options={[{ value: AS_IN_SYSTEM, text: t.asInSystem }, ...themes]}
            problem={problems.theme}
          />
          <button type="submit" class="primary">{t.submit}</button>
        </form>
        <form method="post" action={paths.preferences} id="browser-zone">
          <input type="hidden" name="csrf" value={csrf} />
        </form>
      </div>
    </>
  );
}

// Rendered once: it has over four hundred options.
const ZONE_LIST = html`<datalist id="time-zones">${
  TIME_ZONES.map((zone) => html`<option>${nameOfZone(zone)}</option>`)
}</datalist>`;

// Its own form, because Enter presses the first button of a form. Hidden until the script fills it in.
function BrowserZone({ label }: { label: string }) {
  return (
    <button type="submit" form="browser-zone" name="time_zone" class="quiet browser-zone" data-zone>
      {label}
    </button>
  );
}

export function PreferencesSaved({ t }: { t: Texts }) {
  return <Notification>{t.preferences.saved}</Notification>;
}
