import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { eq } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import { connections } from "../db/schema.ts";
import { paths } from "../http/paths.ts";
import type { CountryOf } from "../visitor/countries.ts";
import type { Browser, TestApp } from "./app.ts";

/** Addresses in different networks: two in Spain, one in Nigeria, one in France, and one without a country. */
export const [MADRID, GIRONA, LAGOS, PARIS, NOWHERE] = [
  "46.16.60.1",
  "81.40.12.201",
  "102.89.23.4",
  "193.51.208.14",
  "203.0.113.9",
];

export const PYTHON = "python-requests/2.32.3";
export const CHROME =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
export const SAFARI =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";
export const WRONG = "not the password at all";

const COUNTRIES = new Map([["46.16", "ES"], ["81.40", "ES"], ["102.89", "NG"], ["193.51", "FR"]]);

export const countryOf: CountryOf = ({ network, isPrivate }) =>
  Promise.resolve(isPrivate ? "private" : COUNTRIES.get(network) ?? "none");

/** A browser with a copy of another one's session cookie. */
export function steal(site: Pick<TestApp, "browser">, from: Browser, ip = LAGOS, userAgent = PYTHON): Browser {
  const thief = site.browser(ip, userAgent);
  thief.cookies.set("session", from.cookies.get("session")!);
  return thief;
}

export type Connection = typeof connections.$inferSelect;

/** The only connection that was opened from an address. */
export async function connectionFrom(db: Db, ip: string): Promise<Connection> {
  const [found, ...others] = await db.select().from(connections).where(eq(connections.ip, ip));
  assert.ok(found && others.length === 0);
  return found;
}

/** Connections from oldest to newest, by the reasons that make them unusual. */
export async function unusualOf(db: Db): Promise<(string | null)[]> {
  const rows = await db.select().from(connections).orderBy(connections.openedAt, connections.id);
  return rows.map(({ unusual }) => unusual);
}

/** The csrf value of a signed-in browser's forms. */
export async function csrfOf(browser: Browser): Promise<string> {
  const { $ } = await browser.get(paths.connections);
  return $(`form[action='${paths.signOut}'] [name=csrf]`).attr("value") ?? "";
}

/** The records of a CSV, by column. */
export function recordsOf(csv: string): Record<string, string>[] {
  return parse(csv, { columns: true, bom: true });
}
