import assert from "node:assert/strict";
import { addMail, BY_ADMINISTRATOR, type News } from "../db/mail/outbox.ts";
import { type Language, limits, MAIL_EVENTS, outbox, users } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { paths } from "../http/paths.ts";
import { EMAIL, HOUR, ORIGIN, PASSWORD } from "./app.ts";
import { CHROME, connectionFrom, countryOf, LAGOS, MADRID } from "./elsewhere.ts";
import { linksIn, type Received, startWithMail } from "./mail.ts";

Deno.test("an English message says what happened, when, where and what to do", async () => {
  await using site = await startWithMail({ countryOf });

  assert.equal(
    await readUnusual(site, "en"),
    `Control panel: unusual connection to your account

There was an unusual connection to your account.

Account: marta@example.com
When: 23 Nov 2026, 16:04 (Europe/Madrid)
Why: New country: Nigeria; New network and device
Device: Chrome on Windows
Country: Nigeria
IP address: 102.89.23.4

If it was you, there is nothing to do. If it wasn't, open this page, answer "Not me" and choose a new password:
LINK

You get this because you have an account. You can switch off emails about new places in your preferences.

-- 
Control panel
`,
  );
});

Deno.test("a Spanish message says the same", async () => {
  await using site = await startWithMail({ countryOf });

  assert.equal(
    await readUnusual(site, "es"),
    `Panel de control: conexión inusual a tu cuenta

Ha habido una conexión inusual a tu cuenta.

Cuenta: marta@example.com
Cuándo: 23 nov 2026, 16:04 (Europe/Madrid)
Motivo: País nuevo: Nigeria; Red y dispositivo nuevos
Dispositivo: Chrome en Windows
País: Nigeria
Dirección IP: 102.89.23.4

Si fuiste tú, no tienes que hacer nada. Si no, abre esta página, responde «No, no he sido yo» y elige una contraseña nueva:
LINK

Recibes este correo porque tienes una cuenta. Puedes desactivar los avisos de lugares nuevos en tus preferencias.

-- 
Panel de control
`,
  );
});

Deno.test("a Catalan message says the same", async () => {
  await using site = await startWithMail({ countryOf });

  assert.equal(
    await readUnusual(site, "ca"),
    `Tauler de control: connexió inusual al teu compte

Hi ha hagut una connexió inusual al teu compte.

Compte: marta@example.com
Quan: 23 nov. 2026, 16:04 (Europe/Madrid)
Motiu: País nou: Nigèria; Xarxa i dispositiu nous
Dispositiu: Chrome · Windows
País: Nigèria
Adreça IP: 102.89.23.4

Si vas ser tu, no cal que facis res. Si no, obre aquesta pàgina, respon «No, no he estat jo» i tria una contrasenya nova:
LINK

Reps aquest correu perquè tens un compte. Pots desactivar els avisos de llocs nous a les teves preferències.

-- 
Tauler de control
`,
  );
});

Deno.test("each message is plain text with one link, in each language", async () => {
  await using site = await startWithMail({ countryOf, brand: "Acme Hosting" });
  await site.browser(MADRID).signIn();
  const { id } = await connectionFrom(site.db, MADRID);
  const abouts: Record<string, string> = {
    ...{ unusual: id, moved: "gone", too_many_attempts: id, password_changed: id, password_recovered: id },
    ...{ method_added: `passkey ${id}`, method_removed: `authenticator ${id}` },
  };
  for (const language of ["en", "es", "ca"] as const) {
    await prefer(site, language);
    for (const event of MAIL_EVENTS) {
      const recipient = event.startsWith("email_") ? { recipient: "other@example.com" } : {};
      const about = abouts[event] === undefined ? {} : { about: abouts[event] };
      await send(site, { event, ...about, ...recipient });
    }
  }

  const told = site.received.map((mail) => {
    assert.equal(mail.headers.get("auto-submitted"), "auto-generated");
    assert.deepEqual(mail.headers.get("content-type"), { value: "text/plain", params: { charset: "utf-8" } });
    assert.equal(mail.from?.text, '"Control panel" <panel@example.com>');
    assert.equal(linksIn(mail).length, 1);
    assert.ok(mail.text?.includes(`\n${ORIGIN}/`));
    assert.ok(mail.text?.endsWith("\n\n-- \nAcme Hosting\n"));
    assert.doesNotMatch(mail.text ?? "", /undefined|null|NaN|\[object|<|\n\n\n/);
    const [, lead = ""] = /^([^\n]+)\n/.exec(mail.text ?? "") ?? [];
    return `${mail.subject}: ${lead}`;
  });
  assert.equal(new Set(told).size, told.length);
});

Deno.test("an owner who chose no language gets mail in the language of the last browser that signed in", async () => {
  await using site = await startWithMail({ countryOf });
  const signIn = (language: string, ip = MADRID) =>
    site.browser(ip).submit(paths.signIn, { email: EMAIL, password: PASSWORD }, { "Accept-Language": language });
  await send(site, { event: "locked" });
  await signIn("ca-ES, es;q=0.8");
  await send(site, { event: "locked" });
  await signIn("es");
  await send(site, { event: "locked" });
  await site.db.update(users).set({ language: "ca" });
  await send(site, { event: "locked" });

  assert.deepEqual(site.received.map(({ subject }) => subject?.split(":")[0]), [
    "Control panel",
    "Tauler de control",
    "Panel de control",
    "Tauler de control",
  ]);
});

Deno.test("mail names changes by the administrator as such, and no link undoes them", async () => {
  await using site = await startWithMail();
  await send(site, { event: "password_changed", about: BY_ADMINISTRATOR });
  await send(site, { event: "method_removed", about: BY_ADMINISTRATOR });
  await send(site, { event: "email_changed", about: BY_ADMINISTRATOR, recipient: "old@example.com" });

  const [password, methods, email] = site.received.map(({ text = "" }) => text);
  assert.match(password!, /^The administrator set the password of your account, or it was set with their link\./);
  assert.match(methods!, /^The administrator removed all ways to sign in/);
  assert.match(
    email!,
    /^The administrator gave the account that used this address another one\.\n\nAccount: old@example\.com/,
  );
  assert.deepEqual(site.received.map((mail) => linksIn(mail).length), [1, 1, 0]);
});

type Site = Awaited<ReturnType<typeof startWithMail>>;

async function prefer({ db }: Site, language: Language): Promise<void> {
  await db.update(users).set({ language, timeZone: "Europe/Madrid", pendingEmail: "other@example.com" });
}

async function send(site: Site, news: Omit<News, "userId">): Promise<void> {
  const { db, clock, sendMail } = site;
  await addMail(db, { userId: (await findUser(db, EMAIL))!.id, ...news }, clock.now);
  await db.delete(limits);
  await sendMail();
  assert.equal(await db.$count(outbox), 0);
}

/** The subject and text of the mail about an unusual connection, with LINK for its link. */
async function readUnusual(site: Site, language: Language): Promise<string> {
  await prefer(site, language);
  await site.browser(MADRID).signIn();
  site.clock.now += HOUR;
  await site.browser(LAGOS, CHROME).signIn();
  const [mail] = site.received as [Received];
  return `${mail.subject}\n\n${mail.text?.replace(/http\S+/, "LINK")}`;
}
