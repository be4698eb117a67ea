import { Buffer } from "node:buffer";
import { createHmac, randomUUID } from "node:crypto";
import { createTicketReader } from "../credentials/tickets.ts";
import { paths, withQuery } from "../http/paths.ts";
import type { AppOptions } from "../routes/app.tsx";
import { EMAIL, START, startApp } from "./app.ts";

export const TICKET_KEY = "a-key-of-the-panel-that-signs-tickets";

type Claims = Record<string, unknown>;

/** What a panel signs; `claims` and `header` change it. */
export function ticketOf(
  claims: Claims = {},
  { key = TICKET_KEY as string | Uint8Array, header = {}, hash = "sha256" } = {},
): string {
  const all = { sub: EMAIL, jti: randomUUID(), exp: START / 1000 + 30, ...claims };
  const text = [{ alg: "HS256", typ: "JWT", ...header }, all].map((part) => toBase64(JSON.stringify(part))).join(".");
  return `${text}.${createHmac(hash, key).update(text).digest("base64url")}`;
}

export function toBase64(text: string): string {
  return Buffer.from(text).toString("base64url");
}

/** The path with a ticket. */
export function ticketPath(ticket: string, next?: string): string {
  return withQuery(paths.ticket, { ticket, next });
}

/** Starts the app where tickets are accepted. */
export function startWithTickets(changes: Partial<AppOptions> = {}) {
  return startApp({ readTicket: createTicketReader([TICKET_KEY]), ...changes });
}
