import assert from "node:assert/strict";
import { createPasswords } from "../credentials/passwords.ts";
import { paths } from "../http/paths.ts";
import { connections } from "../db/schema.ts";
import { addAccount, type Browser, CHEAP, EMAIL, PASSWORD, signedIn, startApp } from "./app.ts";

const NEW = "a much better password than before";

Deno.test("GET /.well-known/change-password redirects password managers to the password page, signed in or not", async () => {
  const { browser } = await startApp();
  const here = browser();

  const before = await here.get("/.well-known/change-password");
  assert.equal(before.status, 303);
  assert.equal(before.headers.get("Location"), paths.password);
  const page = await here.get(paths.password);
  assert.equal(page.headers.get("Location"), `${paths.signIn}?next=%2Fuser%2Fsecurity%2Fpassword`);
  await here.signIn();
  const after = await here.get("/.well-known/change-password");
  assert.equal(after.status, 303);
  assert.equal(after.headers.get("Location"), paths.password);
  assert.equal((await here.get(paths.password)).status, 200);
});

Deno.test("unknown well-known URLs are 404, as password managers check before they trust the known one", async () => {
  const { browser } = await startApp();
  const here = browser();
  const nowhere = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";

  assert.equal((await here.get(nowhere)).status, 404);
  await here.signIn();
  assert.equal((await here.get(nowhere)).status, 404);
});

// ASVS 7.4.3
Deno.test("POST /user/security/password changes the password and closes the other connections", async () => {
  const { here, browser } = await signedIn();
  const other = browser();
  await other.signIn();

  const answer = await changePassword(here);

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.connections);
  const { $ } = await here.get(paths.connections);
  assert.equal($("#notifications").text(), "Your password was changed. 1 other connection was closed.");
  assert.match($("tbody").text(), /Closed by a password change/);
  assert.equal(await other.isIn(), false);
  assert.match((await other.get(paths.signIn)).$(".notification").text(), /when the password was changed/);
  assert.equal((await browser().signIn(EMAIL, PASSWORD)).status, 422);
  assert.equal((await browser().signIn(EMAIL, NEW)).status, 303);
});

// ASVS 7.4.3, 8.2
Deno.test("POST /user/security/password leaves other accounts alone", async () => {
  const { here, browser, db } = await signedIn();
  await addAccount(db, "joan@example.com", PASSWORD);
  const joan = browser();
  await joan.signIn("joan@example.com");

  await changePassword(here);

  assert.equal(await joan.isIn(), true);
  assert.equal((await browser().signIn("joan@example.com", PASSWORD)).status, 303);
});

// Security: race
Deno.test("POST /user/security/password changes nothing if its connection is closed while the password is being hashed", async () => {
  const cheap = createPasswords(CHEAP);
  let meanwhile = () => Promise.resolve();
  const { here: owner, browser } = await signedIn({
    passwords: {
      ...cheap,
      async hash(text) {
        await meanwhile();
        return await cheap.hash(text);
      },
    },
  });
  const intruder = browser();
  await intruder.signIn();
  meanwhile = async () => void await owner.submit(paths.closeAll);

  const answer = await changePassword(intruder);

  assert.equal(answer.status, 422);
  assert.equal(await owner.isIn(), true);
  assert.equal(await intruder.isIn(), false);
  assert.equal((await browser().signIn()).status, 303);
});

Deno.test("POST /user/security/password with a wrong current password changes nothing and says so", async () => {
  const { here, browser } = await signedIn();
  const other = browser();
  await other.signIn();

  const answer = await changePassword(here, { current_password: "not the password at all" });

  assert.equal(answer.status, 422);
  assert.match(answer.$("#current_password-problem").text(), /This isn't your current password/);
  assert.equal(await other.isIn(), true);
  assert.equal((await browser().signIn()).status, 303);
});

// ASVS 6.2
Deno.test("POST /user/security/password refuses a new password that is short, common, the current one or repeated differently", async () => {
  const { here, browser } = await signedIn();
  const problems = async (fields: Fields) => {
    const { status, $ } = await changePassword(here, fields);
    assert.equal(status, 422);
    return $(".field-problem").text();
  };

  assert.match(await problems({ new_password: "fourteen chars" }), /Use at least 15 characters/);
  assert.match(await problems({ new_password: "qwertyuiop12345" }), /among the first that attackers try/);
  assert.match(await problems({ new_password: PASSWORD }), /This is your current password/);
  assert.match(await problems({ new_password_again: "something else entirely" }), /The passwords don't match/);
  assert.match(await problems({ current_password: "" }), /Type your current password/);
  assert.equal((await browser().signIn()).status, 303);
});

// ASVS 6.2
Deno.test("password fields have the autocomplete values that managers need, and allow pasting", async () => {
  const { browser } = await startApp();
  const here = browser();
  const signIn = await here.get(paths.signIn);
  await here.signIn();
  const page = await here.get(paths.password);

  const fields = [signIn, page].flatMap(({ $ }) => $("input[type=password]").toArray().map(({ attribs }) => attribs));
  assert.deepEqual(fields.map(({ name, autocomplete }) => [name, autocomplete]), [
    ["password", "current-password"],
    ["current_password", "current-password"],
    ["new_password", "new-password"],
    ["new_password_again", "new-password"],
  ]);
  const hindering = ["maxlength", "minlength", "pattern", "readonly", "onpaste"];
  assert.deepEqual(fields.flatMap((field) => hindering.filter((name) => name in field)), []);
  assert.equal(page.$("input[autocomplete=username]").attr("value"), EMAIL);
});

// ASVS 14.3
Deno.test("a refused form comes back without the passwords that were typed", async () => {
  const { here } = await signedIn();

  const { text } = await changePassword(here, { new_password: "short", current_password: "canary-of-the-current-one" });

  assert.doesNotMatch(text, /canary/);
  assert.doesNotMatch(text, /value="short"/);
});

// ASVS 6.3.1
Deno.test("guessing the current password is limited: the tenth wrong one in a row closes the connection", async () => {
  const { here, browser, db } = await signedIn();
  const other = browser("203.0.113.1");
  await other.signIn();
  const guess = () => changePassword(here, { current_password: "not the password at all" });
  const statuses = [];
  for (let i = 0; i < 9; i++) statuses.push((await guess()).status);
  await changePassword(other, { current_password: "not the password at all" });

  const tenth = await guess();

  assert.deepEqual([...new Set(statuses)], [422]);
  assert.equal(tenth.status, 303);
  assert.match(tenth.headers.get("Location") ?? "", /^\/sign-in/);
  assert.match((await here.get(paths.signIn)).$("main").text(), /closed on .*, after too many wrong passwords/);
  const ended = (await db.select().from(connections)).map(({ ip, endReason }) => [ip, endReason]);
  assert.deepEqual(ended.sort(), [["203.0.113.1", null], ["46.16.60.1", "too_many_attempts"]]);
  assert.equal((await changePassword(other)).status, 303);
});

// ASVS 6.3.1
Deno.test("a right password ends the run of wrong ones", async () => {
  const { here } = await signedIn();
  const guess = (password: string, next: string) =>
    changePassword(here, { current_password: password, new_password: next });
  for (let i = 0; i < 9; i++) await guess("not the password at all", NEW);
  await guess(PASSWORD, NEW);

  for (let i = 0; i < 9; i++) await guess("not the password at all", PASSWORD);

  assert.equal((await guess(NEW, PASSWORD)).status, 303);
});

type Fields = { current_password?: string; new_password?: string; new_password_again?: string };

function changePassword(here: Browser, fields: Fields = {}) {
  const { current_password = PASSWORD, new_password = NEW, new_password_again = new_password } = fields;
  return here.submit(paths.password, { current_password, new_password, new_password_again });
}
