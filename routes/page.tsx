import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Child } from "hono/jsx";
import type { Env, PageProps } from "../http/env.ts";
import { paths } from "../http/paths.ts";
import { sectionsFor } from "../http/sections.ts";
import { openSession, ownerOf } from "../http/sessions/sessions.ts";
import { Layout } from "../views/layout.tsx";
import { takeNotice } from "./notices.tsx";

declare module "hono" {
  interface ContextRenderer {
    (content: Child, props: PageProps): Response | Promise<Response>;
  }
}

export const useLayout = createMiddleware<Env>((c, next) => {
  c.setRenderer((content, props) => renderPage(c, content, props));
  return next();
});

async function renderPage(
  c: Context<Env>,
  content: Child,
  { title, isError, hasPasskey }: PageProps,
): Promise<Response> {
  const session = openSession(c);
  const t = c.get("texts");
  const options = c.get("options");
  const { brand = t.brand, header, home = paths.home } = options;
  const owner = session && ownerOf(session, options, t.language);
  // A notice waits for a page of its owner, past any error on the way.
  const notice = isError ? null : await takeNotice(c, session);
  const theme = session?.theme ?? null;
  const connection = session?.connectionId;
  // Any page of an account with passkeys may open a confirmation.
  const usesPasskeys = hasPasskey ?? session?.hasPasskeys ?? false;
  const page = (
    <Layout
      path={c.req.path}
      {...{ title, brand, home, header, owner, connection, theme, notice, usesPasskeys, t }}
      sections={session ? sectionsFor(options, session) : []}
    >
      {content}
    </Layout>
  );
  return c.html(`<!doctype html>${page}`);
}
