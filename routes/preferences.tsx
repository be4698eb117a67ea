import { type Context, Hono } from "hono";
import { z } from "zod";
import { THEMES } from "../db/schema.ts";
import { findUser, setPreferences } from "../db/users.ts";
import type { Env } from "../http/env.ts";
import { problem, type Problems, readForm, type Typed, validForm } from "../http/forms.ts";
import { requireCsrf } from "../http/guards.ts";
import { languagesOf } from "../http/languages.ts";
import { paths } from "../http/paths.ts";
import { logRequest } from "../http/request.ts";
import { requireSession } from "../http/sessions/sessions.ts";
import { AS_IN_BROWSER, AS_IN_SYSTEM, PreferencesPage } from "../views/preferences.tsx";
import { findTimeZone } from "../words/time_zones.ts";
import { leaveNotice } from "./notices.tsx";

export const preferences = new Hono<Env>();

/** A missing field leaves its setting unchanged. */
const Preferences = z.object({
  time_zone: z.string().trim()
    .refine((text) => text === "" || findTimeZone(text) !== null, problem("badTimeZone"))
    .transform(findTimeZone).optional(),
  language: z.string(problem("badLanguage")).transform((language) => language === AS_IN_BROWSER ? null : language)
    .optional(),
  theme: z.enum([AS_IN_SYSTEM, ...THEMES], problem("badTheme"))
    .transform((theme) => theme === AS_IN_SYSTEM ? null : theme).optional(),
  /** Sent along with the checkbox, which browsers leave out when it isn't ticked. */
  has_mail_places: z.string().optional().catch(undefined),
  mail_places: z.string().optional().catch(undefined),
});

preferences.get(paths.preferences, requireSession, (c) => showPreferences(c));

preferences.post(
  paths.preferences,
  requireCsrf((c, typed, problem) => showPreferences(c, typed, {}, problem)),
  requireSession,
  validForm(
    Preferences,
    (c, typed, problems) => showPreferences(c, typed, { ...problems, ...findOtherLanguage(c, typed) }),
  ),
  async (c) => {
    const { options: { db, now }, session } = c.var;
    const { time_zone, language, theme, has_mail_places, mail_places } = c.req.valid("form");
    const problems = findOtherLanguage(c, { language: language ?? undefined });
    if (Object.keys(problems).length > 0) {
      c.status(422);
      return await showPreferences(c, await readForm(c), problems);
    }
    await setPreferences(db, session, {
      timeZone: time_zone === undefined ? session.timeZone : time_zone,
      language: language === undefined ? session.language : language,
      theme: theme === undefined ? session.theme : theme,
      ...(has_mail_places !== undefined && { placesMutedAt: mail_places === undefined ? now() : null }),
    });
    logRequest(c, "user_updated", { user: session.userId });
    leaveNotice(c, "preferences_saved");
    return c.redirect(paths.preferences, 303);
  },
);

function findOtherLanguage(c: Context<Env>, { language }: Typed): Problems {
  const { options, texts: t } = c.var;
  const isOffered = language === undefined || language === AS_IN_BROWSER || languagesOf(options).includes(language);
  return isOffered ? {} : { language: t.problems.badLanguage };
}

/** Shows what was typed, and for the rest what is stored. */
async function showPreferences(c: Context<Env>, typed: Typed = {}, problems: Problems = {}, problem?: string) {
  const { options: { db, mail }, session, texts: t } = c.var;
  const user = mail && await findUser(db, session.email);
  const mailsPlaces = typed.has_mail_places === undefined
    ? user?.placesMutedAt === null
    : typed.mail_places !== undefined;
  const page = (
    <PreferencesPage
      {...{ csrf: session.csrf, problem, problems, t }}
      languages={languagesOf(c.var.options)}
      timeZone={zoneToShow(typed.time_zone?.trim() ?? session.timeZone ?? "")}
      storedZone={session.timeZone}
      language={typed.language ?? session.language ?? AS_IN_BROWSER}
      theme={typed.theme ?? session.theme ?? AS_IN_SYSTEM}
      mailsPlaces={mail ? mailsPlaces : null}
    />
  );
  return await c.render(page, { title: t.preferences.title });
}

/** The zone that is meant, by its current name; otherwise what was sent. */
function zoneToShow(text: string): string {
  return findTimeZone(text) ?? text;
}
