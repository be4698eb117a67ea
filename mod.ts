/**
 * An account-security area for a Hono app: sign-in, a history of every connection to an account, and a button that closes those that its owner
 * doesn't recognise. It works without JavaScript, over an embedded or a remote libSQL database, on Deno, Node and Bun.
 *
 * Open a database with `openDatabase`, hand it to `createArea`, and mount the `area` after your own routes.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { createArea, openDatabase } from "@connection-history/area";
 *
 * const db = await openDatabase("file:connections.db");
 * const { area, requireOwner, users } = createArea({ db, origin: new URL("http://127.0.0.1:8000") });
 * await users.add("marta@example.com", "correct horse battery staple");
 *
 * const app = new Hono();
 * app.get("/", requireOwner, (c) => c.text(`Hello ${c.var.owner.email}`));
 * app.use(area);
 * export default app;
 * ```
 *
 * @module
 */
export { type AreaOptions, createArea, type MountedArea } from "./host/area.ts";
export { type Database, openDatabase } from "./host/database.ts";
export { type PasswordProblem, passwordProblem } from "./credentials/policy.ts";
export type { OtherHashes } from "./credentials/other_hashes.ts";
export type { Owner, Section } from "./http/env.ts";
export type { LogFields } from "./http/log.ts";
export { type Paths, rootPaths as paths } from "./http/paths.ts";
export { hideUrls } from "./http/telemetry/spans.ts";
export type { MailServer } from "./mail/transport.ts";
export type { Area, AreaUsers } from "./routes/area.ts";
export { UserMenu } from "./views/layout.tsx";
export { type Counting, countingIn } from "./words/counts.ts";
export type { Wording } from "./words/texts/en.ts";
