import assert from "node:assert/strict";
import { addLink } from "../db/accounts/links.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, MINUTE, type Reply, signedIn, startApp } from "./app.ts";

// ASVS 6.2.6
Deno.test("every password field has a button that can show it", async () => {
  const { here, db, clock, browser } = await signedIn();
  await browser().signIn();
  clock.now += 6 * MINUTE;

  const signIn = await browser().get(paths.signIn);
  const password = await here.get(paths.password);
  const confirmation = await here.get(paths.closeAll);
  const link = await browser().get(paths.link(await addLink(db, (await findUser(db, EMAIL))!, "password", clock.now)));

  assert.deepEqual(fieldsWithButton(signIn), ["password"]);
  assert.deepEqual(fieldsWithButton(password), ["current_password", "new_password", "new_password_again"]);
  assert.deepEqual(fieldsWithButton(confirmation), ["password"]);
  assert.deepEqual(fieldsWithButton(link), ["new_password", "new_password_again"]);
  for (const page of [signIn, password, confirmation, link]) {
    assert.deepEqual(fieldsWithButton(page), passwordFields(page));
  }
});

Deno.test("a button that shows a password submits nothing, and is described by the field's label", async () => {
  const { here } = await signedIn();

  const { $ } = await here.get(paths.password);

  const buttons = $(".reveal").toArray();
  assert.deepEqual(buttons.map((button) => $(button).attr("type")), ["button", "button", "button"]);
  assert.deepEqual(
    buttons.map((button) => $(`#${$(button).attr("aria-describedby")}`).text()),
    ["Current password", "New password", "New password again"],
  );
});

Deno.test("the button that shows a password speaks the page's language", async () => {
  const { browser } = await startApp();
  const words = async (language: string) => {
    const button = (await browser().get(paths.signIn, { "Accept-Language": language })).$(".reveal");
    return [button.text(), button.attr("data-other")];
  };

  assert.deepEqual(await words("en"), ["Show password", "Hide password"]);
  assert.deepEqual(await words("es"), ["Mostrar contraseña", "Ocultar contraseña"]);
  assert.deepEqual(await words("ca"), ["Mostra la contrasenya", "Amaga la contrasenya"]);
});

// A spelling service would receive a password that is shown.
Deno.test("no password field is checked for spelling", async () => {
  const { here } = await signedIn();

  const { $ } = await here.get(paths.password);

  assert.equal($("[type=password]").length, 3);
  assert.equal($("[type=password][spellcheck=false][autocapitalize=none]").length, 3);
});

function fieldsWithButton({ $ }: Reply): (string | undefined)[] {
  return $(".reveal").toArray().map((button) => $(`#${$(button).attr("aria-controls")}[type=password]`).attr("name"));
}

function passwordFields({ $ }: Reply): (string | undefined)[] {
  return $("[type=password]").toArray().map((field) => $(field).attr("name"));
}
