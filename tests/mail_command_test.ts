import assert from "node:assert/strict";
import { paths } from "../http/paths.ts";
import { EMAIL, PASSWORD } from "./app.ts";
import { linksIn, startMailServer } from "./mail.ts";
import { flagsOf, makeFolder, run, startServer, users } from "./processes.ts";

const NEW = "a much better password than before";

// Security: outbox
Deno.test("a server sends what commands wrote before it started, and what its own requests write", async () => {
  await using mail = await startMailServer();
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const reset = await run([...await flagsOf("users"), "methods", EMAIL, "--reset"], folder, mail.variables);
  assert.equal(reset.code, 0, reset.stderr);

  await using server = await startServer("start", folder, { ...mail.variables, BRAND: "Acme" });
  await mail.waitFor(1);
  const here = server.browser();
  await here.signIn();
  const fields = { current_password: PASSWORD, new_password: NEW, new_password_again: NEW };
  assert.equal((await here.submit(paths.password, fields)).status, 303);
  await mail.waitFor(2);

  const subjects = mail.received.map(({ subject }) => subject);
  assert.deepEqual(subjects, ["Acme: a sign-in method was removed", "Acme: your password was changed"]);
  assert.match(mail.received[1]?.text ?? "", new RegExp(`\n${server.address}/user/security/connections/`));
  assert.equal(linksIn(mail.received[1]!).length, 1);
  assert.doesNotMatch(server.output.join(), /sys_crash|mail_failed/);
});

// ASVS 6.3.7
Deno.test("the owner is told by mail of what the administrator changes by a command", async () => {
  await using mail = await startMailServer();
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  const act = async (args: string[], input = "") => {
    const { code, stderr } = await run([...await flagsOf("users"), ...args], folder, mail.variables, input);
    assert.equal(code, 0, stderr);
  };
  await act(["password", EMAIL], NEW);
  await act(["rename", EMAIL, "marta@acme.example"]);
  await using _ = await startServer("start", folder, mail.variables);
  await mail.waitFor(2);

  const told = mail.received.map(({ recipients: [to], subject, text }) => `${to}: ${subject}. ${text?.split("\n")[0]}`);
  assert.deepEqual(told.toSorted(), [
    "marta@acme.example: Control panel: your password was changed. The administrator set the password of your account, or it was set with their link.",
    "marta@example.com: Control panel: the email address of your account was changed. The administrator gave the account that used this address another one.",
  ]);
});

Deno.test("without settings for mail the commands write none", async () => {
  await using mail = await startMailServer();
  await using folder = await makeFolder();
  await users(folder, ["add", EMAIL], PASSWORD);
  await users(folder, ["methods", EMAIL, "--reset"]);

  await using server = await startServer("start", folder, mail.variables);
  const here = server.browser();
  await here.signIn();
  const fields = { current_password: PASSWORD, new_password: NEW, new_password_again: NEW };
  await here.submit(paths.password, fields);
  await mail.waitFor(1);

  assert.match(mail.received[0]?.subject ?? "", /your password was changed/);
});
