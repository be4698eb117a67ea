import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { PASSWORD } from "../app.ts";
import {
  fillSignIn,
  inBrowser,
  isMarked,
  mark,
  openDialog,
  openFilters,
  PARIS,
  SAFARI,
  signIn,
  waitForClosedDialog,
} from "./chromium.ts";
import { addClosed } from "./history.ts";

// Security: CSP
inBrowser(
  "the policy blocks nothing in the whole flow and is in every response",
  async (site) => {
    await addClosed(site.db, 30);
    const phone = await site.visit({ ip: PARIS, userAgent: SAFARI });
    const here = await site.visit();
    const policies = new Map<string, string | undefined>();
    here.on("response", (response) => {
      policies.set(
        `${response.request().method()} ${new URL(response.url()).pathname}`,
        response.headers()["content-security-policy"],
      );
    });
    const newPassword = "another horse, another battery";

    await here.goto(paths.home);
    await fillSignIn(here, "not the password at all");
    await here.getByText("The email address or the password is wrong").waitFor();
    await fillSignIn(here);
    await here.waitForURL(paths.connections);
    await here.getByRole("link", { name: "Older connections" }).click();
    await here.getByText("There is nothing older.").waitFor();
    await openFilters(here);
    await here.getByLabel("State").selectOption("Closed");
    await here.getByRole("button", { name: "Filter" }).click();
    await here.waitForURL(/\?state=closed/);
    await here.goBack();
    await here.waitForURL(/\?through=/);

    await signIn(phone);
    await here.reload();
    await here.getByRole("button", { name: "Close open connections" }).click();
    await openDialog(here);
    await here.keyboard.press("Escape");
    await waitForClosedDialog(here);
    await here.getByRole("row", { name: PARIS }).getByRole("button", { name: /^Close the connection from Safari/ })
      .click();
    await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
    await here.getByText("The connection was closed").waitFor();
    await phone.reload();
    await fillSignIn(phone);
    await phone.waitForURL(paths.connections);
    await here.reload();
    await here.getByRole("button", { name: "Close open connections" }).click();
    await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
    await here.getByText("1 open connection was closed").waitFor();
    await Promise.all([here.waitForEvent("download"), here.getByRole("link", { name: "Download CSV" }).click()]);

    await here.getByRole("link", { name: "Password" }).click();
    await here.getByLabel("Current password").fill(PASSWORD);
    await here.getByLabel("New password", { exact: true }).fill(newPassword);
    await here.getByLabel("New password again").fill(newPassword);
    await here.getByRole("button", { name: "Change password" }).click();
    await here.getByText("Your password was changed.").waitFor();
    await here.goto("/nowhere");
    await here.goto(paths.connections);
    await here.getByText("User management").click();
    await here.getByRole("button", { name: "Sign out" }).click();
    await here.getByText("You signed out").waitFor();

    assert.ok([...policies.keys()].some((request) => request.startsWith("GET /static/")));
    assert.ok(policies.has(`POST ${paths.closeAll}`) && policies.has(`POST ${paths.signOut}`));
    const without = [...policies].filter(([_, policy]) =>
      !policy?.startsWith("default-src 'none'; script-src 'self';")
    );
    assert.deepEqual(without, []);
  },
);

// Security: CSP
inBrowser("these tests notice what the content security policy blocks", async (site) => {
  const here = await site.visit();
  await here.goto(paths.signIn);
  await mark(here);

  await here.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "delete globalThis.marker";
    document.body.append(script);
  });

  assert.equal(await isMarked(here), true);
  assert.match(site.takeErrors().join("\n"), /Content Security Policy: script-src-elem blocks inline/);
});
