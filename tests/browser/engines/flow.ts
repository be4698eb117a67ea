import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { connections } from "../../../db/schema.ts";
import { paths } from "../../../http/paths.ts";
import { EMAIL, PASSWORD } from "../../app.ts";
import { NEW } from "../../main_flow.ts";
import { addClosed, addOpen } from "../history.ts";
import { PARIS } from "../site.ts";
import type { Scene } from "./in_engine.ts";
import { findControl } from "./page.ts";
import type { Window } from "./window.ts";

/** With fewer rows a history has no filters. */
const CLOSED = 10;

export async function signIn(window: Window, password = PASSWORD): Promise<void> {
  await window.goto(paths.signIn);
  await window.fill("Email address", EMAIL);
  await window.fill("Password", password);
  await window.click("button", "Sign in");
}

/** What the owner of an account comes for, from signing in to signing out, with two browsers of one engine. */
export async function goThroughMainFlow({ db, open }: Scene): Promise<void> {
  await addOpen(db);
  const [{ id } = { id: "" }] = await db.select().from(connections);
  await addClosed(db, CLOSED);
  const elsewhere = await open();
  await signIn(elsewhere);
  await elsewhere.waitForPath(paths.connections);

  const here = await open();
  await signIn(here, "not the password at all");
  await here.waitForText("The email address or the password is wrong. Check both and try again.");
  await here.fill("Password", PASSWORD);
  await here.click("button", "Sign in");
  await here.waitForText("3 connections are open now, including this one.");
  // Only a script can tell the server the reader's time zone.
  await here.waitForText(here.hasScripts ? "Times in Europe/Madrid" : "Times in UTC");

  await filter(here);
  await closeOne(here, id);
  await closeOthers(here, elsewhere);
  await download(here);
  await readDetails(here, id);
  await changePassword(here);
  await savePreferences(here);

  await here.click("summary", "User management");
  await here.click("button", "Sign out");
  await here.waitForText("You signed out on");
  await signIn(here, NEW);
  await here.waitForPath(paths.connections);
}

async function filter(here: Window): Promise<void> {
  await here.unfold("State");
  await here.choose("State", "Refused");
  await here.click("button", "Filter");
  await here.waitForText("State: refused");
  assert.deepEqual((await here.texts("tbody tr[id]")).map((row) => row.includes("Refused")), [true]);
  await here.click("link", "Show all");
  await here.waitForPath(paths.connections);
  await here.waitForText(PARIS);
}

/** Asserts that a link or button opened the dialog, or without scripts the page at `path`, which shows that none ran. */
async function assertOpened(here: Window, text: string, path: string): Promise<void> {
  await here.waitForText(text);
  assert.equal((await here.texts("dialog:modal")).length, here.hasScripts ? 1 : 0);
  assert.equal(await here.path(), here.hasScripts ? paths.connections : path);
}

/** Closes the dialog, or leaves the page that is in its place. */
async function dismiss(here: Window, name: string): Promise<void> {
  await here.click("button", name);
  await here.waitForAbsence("dialog:modal");
  await here.waitForPath(paths.connections);
}

async function closeOne(here: Window, id: string): Promise<void> {
  await here.click("button", "Close", PARIS);
  await assertOpened(here, "Close this connection?", paths.closeOne(id));
  await dismiss(here, "Cancel");

  await here.click("button", "Close", PARIS);
  await here.click("button", "Close it");
  await here.waitForText("The connection was closed");
  await here.waitForText("2 connections are open now, including this one.");
  await here.waitForText("Closed from this browser");
}

async function closeOthers(here: Window, elsewhere: Window): Promise<void> {
  await here.click("button", "Close open connections");
  await assertOpened(here, "Close 1 open connection?", paths.closeAll);
  await here.click("button", "Close it");
  await here.waitForText("1 open connection was closed");
  await here.waitForText("This is the only open connection.");

  await elsewhere.goto(paths.connections);
  await elsewhere.waitForText("This connection was closed from another one");
  assert.equal(await elsewhere.path(), paths.signIn);
}

async function download(here: Window): Promise<void> {
  // What a click downloads goes past the page, in each engine in another way. Without scripts only a synchronous request gets an answer.
  const file = await here.evaluate(() => {
    const request = new XMLHttpRequest();
    request.open("GET", findControl("a[href]", "Download CSV", "")?.getAttribute("href") ?? "", false);
    request.send();
    return { type: request.getResponseHeader("Content-Type"), text: request.responseText };
  });
  assert.equal(file.type, "text/csv; charset=utf-8");
  const rows: { state: string }[] = parse(file.text, { columns: true });
  const closed = Array.from({ length: CLOSED + 2 }, () => "closed");
  assert.deepEqual(rows.map(({ state }) => state).sort(), [...closed, "open", "refused"]);
}

async function readDetails(here: Window, id: string): Promise<void> {
  await here.click("link", "23 Nov", PARIS);
  await assertOpened(here, "Connection from Safari on iPhone", paths.details(id));
  await here.waitForText("Where it was used");
  await dismiss(here, "Back to the history");
}

async function changePassword(here: Window): Promise<void> {
  await here.click("link", "Password");
  await here.fill("Current password", PASSWORD);
  await here.fill("New password", NEW);
  await here.fill("New password again", NEW);
  await here.click("button", "Change password");
  await here.waitForText("Your password was changed. No other connection was open.");
}

async function savePreferences(here: Window): Promise<void> {
  await here.click("link", "Preferences");
  await here.choose("Theme", "Dark");
  await here.click("button", "Save preferences");
  await here.waitForText("Your preferences were saved.");
  await here.waitFor(":root[data-theme=dark]");
}
