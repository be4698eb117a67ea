import { type Context, Hono } from "hono";
import { z } from "zod";
import { LANGUAGES, THEMES } from "../db/schema.ts";
import { setPreferences } from "../db/users.ts";
import { AS_IN_BROWSER, AS_IN_SYSTEM, PreferencesPage } from "../views/preferences.tsx";
import { nameOfZone } from "../words/zone_names.ts";
import type { Texts } from "../words/texts.ts";
import type { Env } from "../http/env.ts";
import { type Problems, type Typed, validForm } from "../http/forms.ts";
import { leaveNotice } from "./notices.tsx";
import { paths } from "../http/paths.ts";
import { findTimeZone } from "../words/time_zones.ts";

/** What the owner prefers, in every browser of theirs. */
export const preferences = new Hono<Env>();

/** A field that didn't come stays as it is. */
const preferencesIn = ({ preferences: t }: Texts) =>
  z.object({
    time_zone: z.string().trim().refine(
      (text) => text === "" || findTimeZone(text) !== null,
      t.noZone,
    ).transform(findTimeZone).optional(),
    language: z.enum([AS_IN_BROWSER, ...LANGUAGES], t.noLanguage)
      .transform((language) => language === AS_IN_BROWSER ? null : language).optional(),
    theme: z.enum([AS_IN_SYSTEM, ...THEMES], t.noTheme)
      .transform((theme) => theme === AS_IN_SYSTEM ? null : theme).optional(),
  });

preferences.get("/preferences", (c) => showPreferences(c));

preferences.post("/preferences", validForm(preferencesIn, showPreferences), async (c) => {
  const { db, session } = c.var;
  const { time_zone: timeZone = session.timeZone, language = session.language, theme = session.theme } = c.req.valid(
    "form",
  );
  await setPreferences(db, session, { timeZone, language, theme });
  leaveNotice(c, "preferences_saved", 0);
  return c.redirect(paths.preferences, 303);
});

/** The page with what was typed; what wasn't is as it is stored. */
export function showPreferences(c: Context<Env>, typed: Typed = {}, problems: Problems = {}, problem?: string) {
  const { session, csrf, texts: t } = c.var;
  const page = (
    <PreferencesPage
      {...{ csrf, problem, problems, t }}
      timeZone={typed.time_zone ?? nameOfZone(session.timeZone ?? "")}
      language={typed.language ?? session.language ?? AS_IN_BROWSER}
      theme={typed.theme ?? session.theme ?? AS_IN_SYSTEM}
    />
  );
  return c.render(page, { title: t.preferences.title });
}
