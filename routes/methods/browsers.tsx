import { type Context, Hono } from "hono";
import { forgetKnown } from "../../db/methods/browsers.ts";
import { listMethods } from "../../db/methods/methods.ts";
import type { Env } from "../../http/env.ts";
import { requireCsrf } from "../../http/guards.ts";
import { paths } from "../../http/paths.ts";
import { notFound } from "../../http/refusal.ts";
import { requireSession } from "../../http/sessions/sessions.ts";
import { ForgetBrowserPage } from "../../views/methods/browsers.tsx";
import { deviceName } from "../../words/devices.ts";
import type { Unconfirmed } from "../confirmation.tsx";
import { changeAndSay, showChange } from "./changing.tsx";

export const browsers = new Hono<Env>();

const FORGET = paths.forgetBrowser(":id");

browsers.get(FORGET, requireSession, (c) => showForget(c));

browsers.post(
  FORGET,
  requireCsrf((c, _, problem) => showForget(c, { problem, problems: {} })),
  requireSession,
  async (c) => {
    const { options: { db } } = c.var;
    const { id } = await findNamed(c);
    return await changeAndSay(c, {
      event: "authn_method_removed",
      method: "browser",
      apply: (change) => forgetKnown(db, change, id),
      again: showForget,
    }, "browser_forgotten");
  },
);

async function showForget(c: Context<Env>, unconfirmed?: Unconfirmed) {
  const { texts: t } = c.var;
  const named = await findNamed(c);
  const title = named.name === null ? t.methods.forgetAllTitle : t.methods.forgetTitle;
  return await showChange(
    c,
    title,
    (confirmation) => <ForgetBrowserPage {...named} {...{ confirmation }} />,
    unconfirmed,
  );
}

/** The browser that the path names; another account's is as unknown as one that never was. */
async function findNamed(c: Context<Env>): Promise<{ id: string; name: string | null }> {
  const { options: { db }, session, texts: t } = c.var;
  const id = c.req.param("id") ?? "";
  if (id === "all") return { id, name: null };
  const found = (await listMethods(db, session.userId)).browsers.find((browser) => browser.id === id);
  if (!found) throw notFound();
  return { id, name: found.device === null ? t.methods.unknownBrowser : deviceName(found.device, t) };
}
