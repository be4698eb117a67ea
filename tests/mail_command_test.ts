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

Deno.test("without the settings of mail the commands write nothing for it", async () => {
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
