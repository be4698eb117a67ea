import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { eq, ne } from "drizzle-orm";
import type { Db } from "../db/database.ts";
import { connections, type Language, type LinkPurpose, links, users } from "../db/schema.ts";
import { addUser } from "../db/users.ts";
import { assetPath } from "../http/assets.ts";
import { PAGE_HEADER, paths, withQuery } from "../http/paths.ts";
import { type Browser, DAY, EMAIL, HTMX, MINUTE, PASSWORD, type Reply, START, type TestApp } from "./app.ts";

import { useEveryMethod } from "./crawl_methods.ts";

export type Crawled = Reply & { what: string };

const FORM = "application/x-www-form-urlencoded";
const WRONG = "not the password at all";
const NEW = "a much better password than before";
/** In place of the hash of another account's password. */
const OTHER = "no hash";

/** The one-time link in `pathsOf`. */
export const LINK_TOKEN = "t".repeat(43);

/** Makes the link in `pathsOf` lead to the only account with a password, in place of any other link. */
export async function addKnownLink(
  db: Db,
  purpose: LinkPurpose = "password",
  email: string | null = null,
): Promise<void> {
  const { id: userId } = (await db.query.users.findFirst({ where: ne(users.passwordHash, OTHER) }))!;
  const hash = createHash("sha256").update(LINK_TOKEN).digest("base64url");
  await db.delete(links);
  await db.insert(links).values({ hash, purpose, userId, email, expiresAt: START + 7 * DAY });
}

/** The paths of the app's own routes for a method, so that a test that visits all of them can't miss a new one. */
export function pathsOf(app: TestApp["app"], method: "GET" | "POST", id: string): string[] {
  const values: Record<string, string> = {
    id,
    token: LINK_TOKEN,
    name: assetPath("css").slice(paths.static("").length),
  };
  const own = app.routes.filter((route) => route.method === method).map(({ path }) =>
    path.replace(/:(\w+)/g, (_, name) => values[name] ?? assert.fail(`No value for :${name} of ${path}`))
  );
  return [...new Set(own)];
}

/**
 * Collects every kind of answer: each path as a page and as a fragment, signed out and signed in, each form refused and accepted, every
 * guard's refusal, and the errors of a closed database, which it leaves closed. `language` is chosen on the way.
 */
export async function crawl(start: TestApp, language: Language = "ca"): Promise<Crawled[]> {
  const answers: Crawled[] = [];
  const browser = (ip: string, userAgent?: string) => record(start.browser(ip, userAgent), answers);
  const [here, other, third, stranger] = [
    browser("46.16.60.1"),
    browser("203.0.113.1"),
    browser("203.0.113.2"),
    browser("198.51.100.3"),
  ];
  await other.signIn();
  await third.signIn();
  const rows = await start.db.select().from(connections);
  const [one, two] = ["203.0.113.1", "203.0.113.2"].map((ip) => rows.find((row) => row.ip === ip)!.id);
  const get = pathsOf(start.app, "GET", one!);
  // Signing out needs no csrf value: it comes last.
  const post = pathsOf(start.app, "POST", one!).filter((path) => path !== paths.signOut);

  await addKnownLink(start.db);
  await read(stranger, get);
  await sendRefused(stranger, post);
  await stranger.submit(paths.link(LINK_TOKEN), { new_password: "short", new_password_again: "short" });
  await stranger.signIn(EMAIL, WRONG);
  await stranger.submit(paths.signIn, { email: "", password: "" });

  await here.signIn();
  await read(here, get);
  await sendRefused(here, post);
  for (const headers of [{}, HTMX]) {
    await here.get("/nowhere", headers);
    await here.get(paths.closeOne(crypto.randomUUID()), headers);
    await here.get(`${paths.connections}?state=ajar`, headers);
    await here.get(`${paths.csv}?state=ajar`, headers);
    await here.get(`${paths.connections}?ip=${"x".repeat(9_000)}`, headers);
    await here.get(paths.connections, { Host: "evil.example", ...headers });
    await here.request(paths.connections, { method: "DELETE", headers });
    await here.post(paths.password, { current_password: "x".repeat(17_000) }, headers);
  }

  const version = (await here.get(paths.connections)).$("#live [name=version]").attr("value");
  await here.get(withQuery(paths.live, { version }), HTMX);
  await here.get(withQuery(paths.live, { version: "old", loaded: "older" }), HTMX);

  await start.db.update(connections).set({ unusual: "new_country" }).where(eq(connections.id, one!));
  await here.submit(paths.review(one!));
  await here.submit(paths.review(one!), { verdict: "me" });
  await here.get(paths.connections);
  await start.db.update(connections).set({ unusual: "after_refusals" }).where(eq(connections.id, two!));
  await here.submit(paths.review(two!), { verdict: "me" }, HTMX);

  await here.submit(paths.closeOne(two!), {}, HTMX);
  await here.submit(paths.closeOne(one!));
  await here.get(paths.connections);
  await here.submit(paths.review(two!), { verdict: "not_me" }, HTMX);
  await here.get(paths.password);
  await here.get(paths.connections);
  await here.submit(paths.review(two!), { verdict: "me" });
  await here.submit(paths.review(two!), { verdict: "me", password: PASSWORD });
  await other.signIn();
  await here.submit(paths.closeAll, {}, HTMX);
  await other.signIn();
  await here.submit(paths.closeAll);
  await here.submit(paths.preferences, { time_zone: "Atlantis" });
  await here.submit(paths.preferences, { time_zone: "Europe/Madrid", language, theme: "dark" });
  await here.get(paths.preferences);
  const { origin } = new URL(here.publicOrigin);
  await useEveryMethod(start, here, browser("46.16.60.3"), { id: one!, origin });
  await here.submit(paths.password, { current_password: WRONG, new_password: NEW, new_password_again: NEW });
  await here.submit(paths.password, { current_password: PASSWORD, new_password: NEW, new_password_again: NEW });
  await here.get(paths.connections);
  await other.get(paths.connections);
  await other.get(paths.signIn);
  await other.signIn(EMAIL, NEW);
  const moved = browser("198.51.100.4", "curl/8.14.1");
  moved.cookies.set("session", other.cookies.get("session")!);
  await moved.get(paths.connections, { [PAGE_HEADER]: one!, ...HTMX });
  await moved.get(paths.connections);
  start.clock.now += 6 * MINUTE;
  for (let i = 0; i < 10; i++) await other.submit(paths.closeAll, { password: WRONG });
  await other.get(paths.signIn);
  for (const { id } of await start.db.select().from(connections)) {
    await here.get(paths.details(id));
    await here.get(paths.review(id));
  }
  await here.get(paths.connections);
  await here.signOut();
  await here.get(paths.signIn);
  for (let i = 0; i < 11; i++) await stranger.signIn(EMAIL, WRONG);
  await addKnownLink(start.db);
  await here.submit(paths.link(LINK_TOKEN), { new_password: NEW, new_password_again: NEW });
  await here.get(paths.signIn);
  await changeAddress(start.db, here, stranger);

  await here.signIn(EMAIL, NEW);
  start.db.$client.close();
  await read(here, get);

  const isAccepted = (path: string) => answers.some(({ what, status }) => what === `POST ${path}` && status === 303);
  assert.deepEqual(post.filter((path) => !isAccepted(path)), [], "every form was accepted once");
  const expected = [200, 204, 303, 304, 400, 401, 403, 404, 405, 413, 414, 415, 421, 422, 429, 500, 503];
  const statuses = new Set(answers.map(({ status }) => status));
  assert.deepEqual([...statuses].sort(), expected, "there is an answer with every status");
  return answers;
}

/** Forgets the password, asks for another address, confirms it and takes it back, with every problem on the way. */
async function changeAddress(db: Db, here: Browser, stranger: Browser): Promise<void> {
  const [link, wanted] = [paths.link(LINK_TOKEN), "lluna@example.com"];
  for (const email of ["", "x".repeat(300), EMAIL, wanted]) await stranger.submit(paths.forgotten, { email });
  for (let i = 0; i < 10; i++) await stranger.submit(paths.forgotten, { email: wanted });
  await addKnownLink(db, "forgotten");
  await here.get(link);

  await here.signIn(EMAIL, NEW);
  for (const email of ["", "x", EMAIL, wanted]) await here.submit(paths.email, { email });
  const { $ } = await here.get(paths.email);
  await here.get(paths.methods);
  await here.post(paths.cancelEmail, { csrf: $("main [name=csrf]").attr("value") ?? "" });
  await here.get(paths.email);
  for (let i = 0; i < 3; i++) await here.submit(paths.email, { email: wanted });

  await addUser(db, "other@example.com", OTHER, START);
  for (const purpose of ["email", "undo_email"] as const) {
    await addKnownLink(db, purpose, "other@example.com");
    await here.get(link);
  }
  for (const browser of [here, stranger]) {
    await db.update(users).set({ pendingEmail: wanted }).where(ne(users.passwordHash, OTHER));
    await addKnownLink(db, "email", wanted);
    await browser.get(link);
    await browser.submit(link);
    await browser.get(paths.email);
    await browser.get(paths.signIn);
    await db.update(users).set({ email: EMAIL }).where(ne(users.passwordHash, OTHER));
  }
  await addKnownLink(db, "undo_email", EMAIL);
  await here.get(link);
  await here.submit(link, { new_password: "short", new_password_again: "short" });
  await here.submit(link, { new_password: NEW, new_password_again: NEW });
  await here.get(paths.signIn);
}

/** Reads each path with GET and HEAD, as a page and as a fragment. */
async function read(browser: Browser, get: string[]): Promise<void> {
  for (const path of get) {
    for (const method of ["GET", "HEAD"]) {
      await browser.request(path, { method });
      await browser.request(path, { method, headers: HTMX });
    }
  }
}

/** Sends each form with a wrong csrf value, from another site, with another content type and without an origin. */
async function sendRefused(browser: Browser, post: string[]): Promise<void> {
  for (const path of post) {
    for (const headers of [{}, HTMX]) {
      await browser.post(path, { csrf: "old" }, headers);
      await browser.post(path, {}, { Origin: "https://evil.example", ...headers });
      await browser.post(path, {}, { "Content-Type": "application/json", ...headers });
      await browser.request(path, { method: "POST", headers: { "Content-Type": FORM, ...headers } });
    }
  }
}

/** Adds every answer that a browser gets to `answers`. */
function record(browser: Browser, answers: Crawled[]): Browser {
  const request = browser.request.bind(browser);
  browser.request = async (path, sent = {}) => {
    const answer = await request(path, sent);
    answers.push({ what: `${sent.method ?? "GET"} ${path}`, ...answer });
    return answer;
  };
  return browser;
}
