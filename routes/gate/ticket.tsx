import { type Context, Hono } from "hono";
import type { Ticket } from "../../credentials/tickets.ts";
import type { Env } from "../../http/env.ts";
import { readForm, type Typed } from "../../http/forms.ts";
import { requireFormCookie } from "../../http/guards.ts";
import { paths, safeNext } from "../../http/paths.ts";
import { notFound, Refusal } from "../../http/refusal.ts";
import { isSeen, logRequest } from "../../http/request.ts";
import { openByHost } from "../../http/sessions/opening.ts";
import { formCsrf, signInPath } from "../../http/sessions/sessions.ts";
import { TicketPage } from "../../views/ticket.tsx";
import { readBrowserZone } from "../../words/time_zones.ts";

/** Opens a connection for the owner that a panel's ticket names, once (docs/gate.md). */
export const ticket = new Hono<Env>();

ticket.get(paths.ticket, async (c) => {
  const sent = c.req.query();
  const read = await requireTicket(c, sent);
  if (!isSeen(c)) throw refused(c);
  if (isByAnother(c)) return await showTicket(c, sent, read);
  return await useTicket(c, sent, read);
});

ticket.post(
  paths.ticket,
  requireFormCookie(async (c, typed, problem) => {
    const read = await readTicket(c, typed);
    if (read === null) throw new Refusal(403, (errors) => ({ title: errors.notDone, text: problem }));
    return await showTicket(c, typed, read, problem);
  }),
  async (c) => {
    const typed = await readForm(c);
    return await useTicket(c, typed, await requireTicket(c, typed));
  },
);

async function useTicket(c: Context<Env>, { next, time_zone }: Typed, { email, id, expiresAt }: Ticket) {
  const opening = { email, timeZone: readBrowserZone(time_zone), ticket: { challenge: `ticket ${id}`, expiresAt } };
  if (!await openByHost(c, opening)) throw refused(c);
  return c.redirect(safeNext(next ?? c.var.options.home), 303);
}

async function requireTicket(c: Context<Env>, sent: Typed): Promise<Ticket> {
  if (!c.var.options.readTicket) throw notFound();
  const read = await readTicket(c, sent);
  if (read === null) throw refused(c);
  return read;
}

async function readTicket(c: Context<Env>, { ticket = "" }: Typed): Promise<Ticket | null> {
  const { readTicket, now } = c.var.options;
  return await readTicket?.(ticket, now()) ?? null;
}

function showTicket(c: Context<Env>, { ticket = "", next }: Typed, { email }: Ticket, problem?: string) {
  const { texts: t } = c.var;
  const page = (
    <TicketPage csrf={formCsrf(c)} next={safeNext(next ?? c.var.options.home)} {...{ ticket, email, problem, t }} />
  );
  return c.render(page, { title: t.ticket.title });
}

function refused(c: Context<Env>): Refusal {
  logRequest(c, "authn_login_fail", { reason: "ticket" });
  return new Refusal(400, (errors) => errors.badTicket, signInPath(c.var.options));
}

/**
 * Whether another site may have sent the browser here: it could sign visitors in to an account of its choice, unnoticed (login CSRF). For a
 * link in a mail browsers send `none`, whatever sites redirect on the way.
 */
function isByAnother(c: Context<Env>): boolean {
  return !["same-origin", "same-site", undefined].includes(c.req.header("Sec-Fetch-Site"));
}
