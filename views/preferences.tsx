import type { Language, Theme } from "../db/schema.ts";
import type { Problems } from "../routes/forms.ts";
import { paths } from "../routes/paths.ts";
import { Choice, Field } from "./fields.tsx";
import { Notification } from "./notifications.tsx";
import { DEFAULT_ZONE } from "./time.ts";
import { TIME_ZONE_LIST } from "./time_zones.ts";

/** What stands in the form for a language or theme that is not chosen. */
export const AS_IN_BROWSER = "browser";
export const AS_IN_SYSTEM = "system";

/** Each language says its name in itself. */
const LANGUAGE_NAMES: Record<Language, string> = { en: "English", es: "Español", ca: "Català" };
const THEME_NAMES: Record<Theme, string> = { light: "Light", dark: "Dark" };

export function PreferencesPage({ csrf, timeZone, language, theme, problem, problems = {} }: {
  csrf: string;
  timeZone: string;
  language: string;
  theme: string;
  problem?: string | undefined;
  problems?: Problems;
}) {
  const languages = Object.entries(LANGUAGE_NAMES).map(([value, text]) => ({ value, text, lang: value }));
  const themes = Object.entries(THEME_NAMES).map(([value, text]) => ({ value, text }));
  return (
    <>
      <div class="head">
        <div>
          <h1>Preferences</h1>
          <p>They go with your account, in every browser where you sign in.</p>
        </div>
      </div>
      <div class="card entry">
        {problem && <Notification kind="problem">{problem}</Notification>}
        <form method="post" action={paths.preferences} class="form">
          <input type="hidden" name="csrf" value={csrf} />
          <Field
            name="time_zone"
            label="Time zone"
            type="text"
            list="time-zones"
            value={timeZone}
            placeholder={DEFAULT_ZONE}
            autocomplete="off"
            spellcheck={false}
            required={false}
            hint="Type a city, and choose from the list. Left empty, the next sign-in sets it."
            problem={problems.time_zone}
          />
          {TIME_ZONE_LIST}
          <BrowserZone />
          <Choice
            name="language"
            label="Language"
            value={language}
            options={[{ value: AS_IN_BROWSER, text: "As in the browser" }, ...languages]}
            problem={problems.language}
          />
          <Choice
            name="theme"
            label="Theme"
            value={theme}
            options={[{ value: AS_IN_SYSTEM, text: "As in the system" }, ...themes]}
            problem={problems.theme}
          />
          <button type="submit" class="primary">Save preferences</button>
        </form>
        <form method="post" action={paths.preferences} id="browser-zone">
          <input type="hidden" name="csrf" value={csrf} />
        </form>
      </div>
    </>
  );
}

/**
 * Takes the browser's own zone with one click; the static script fills it in, and before that it isn't shown. Its form is another
 * one, since the first button of a form is what Enter in a field presses.
 */
function BrowserZone() {
  return (
    <button type="submit" form="browser-zone" name="time_zone" class="quiet browser-zone" data-zone>
      Use this browser's:
    </button>
  );
}

export function PreferencesSaved() {
  return <Notification>Your preferences were saved.</Notification>;
}
