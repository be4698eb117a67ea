import assert from "node:assert/strict";
import { html } from "hono/html";
import { paths } from "../http/paths.ts";
import { en, type Wording } from "../words/texts/en.ts";
import { EMAIL, HTMX, MINUTE, PASSWORD } from "./app.ts";
import { startHost } from "./host.ts";

// ASVS 7.5.2, Security: host
Deno.test("a host's own confirmation replaces the password, and lasts five minutes", async () => {
  const asked: string[] = [];
  const { browser, clock } = await startHost({
    confirm: async (c, owner) => {
      asked.push(owner.email);
      const { pin } = c.req.method === "POST" ? await c.req.parseBody() : {};
      return pin === "1234" || html`<label>Your PIN <input name="pin"></label>`;
    },
  });
  const [here, other, third] = [browser(), browser(), browser()];
  for (const each of [here, other, third]) await each.get(`/login?email=${EMAIL}`);
  clock.now += 6 * MINUTE;

  const form = await here.get(paths.closeAll);
  const wrong = await here.submit(paths.closeAll, { pin: "4321" });
  assert.equal(form.$("main input[name=pin]").length, 1);
  assert.equal(form.$("main input[name=password], main form a").length, 0);
  assert.equal(wrong.status, 422);
  assert.match(wrong.$("[role=alert]").text(), /Nothing was done\. First confirm that it's you\./);
  assert.equal(asked.length, 3, "once for each form shown, and once for the form sent");
  assert.equal((await other.get("/billing")).status, 200);

  const dialog = await here.get(paths.closeAll, HTMX);
  assert.equal(dialog.$("input[name=pin]").length, 1);
  const before = here.cookies.get("session");
  assert.equal((await here.submit(paths.closeAll, { pin: "1234" })).status, 303);
  assert.notEqual(here.cookies.get("session"), before, "a confirmation renews the secret");
  assert.equal((await other.get("/billing")).status, 303);

  asked.length = 0;
  await third.get(`/login?email=${EMAIL}`);
  assert.equal((await here.submit(paths.closeAll)).status, 303);
  assert.deepEqual(asked, [], "it was confirmed within five minutes");
  clock.now += 6 * MINUTE;
  await third.get(`/login?email=${EMAIL}`);
  assert.equal((await here.submit(paths.closeAll)).status, 422);
});

Deno.test("a host's confirmation may be a separate page, to which the form links", async () => {
  const confirmed = new Set<string>();
  const { browser, clock } = await startHost({
    confirm: (_, { email }) => confirmed.has(email) || html`<a href="/confirm">Confirm with your key</a>`,
  });
  const [here, other] = [browser(), browser()];
  for (const each of [here, other]) await each.get(`/login?email=${EMAIL}`);
  clock.now += 6 * MINUTE;

  assert.equal((await here.get(paths.closeAll)).$("main form a").attr("href"), "/confirm");
  confirmed.add(EMAIL);
  const form = await here.get(paths.closeAll);
  assert.equal(form.$("main form a").length, 0);
  assert.equal((await here.submit(paths.closeAll)).status, 303);
  assert.equal((await other.get("/billing")).status, 303);
});

Deno.test("with a host's confirmation no password confirms, and an account that has one isn't asked for it", async () => {
  const { browser, clock, users } = await startHost({ confirm: () => "Ask your administrator", hasSignIn: true });
  await users.add(EMAIL, PASSWORD);
  const [here, other] = [browser(), browser()];
  await here.signIn();
  await other.signIn();
  clock.now += 6 * MINUTE;

  const refused = await here.submit(paths.closeAll, { password: PASSWORD });

  assert.equal(refused.status, 422);
  assert.match(refused.$("main form").text(), /Ask your administrator/);
  assert.equal((await other.get("/billing")).status, 200);
});

Deno.test("a host chooses the sections and adds links, and the rest answer 404", async () => {
  const { browser, users } = await startHost({
    hasSignIn: true,
    sections: ["history", { href: "/billing", name: (language) => language === "es" ? "Facturas" : "Bills" }],
  });
  await users.add(EMAIL, PASSWORD);
  const here = browser();
  await here.signIn();

  const { $ } = await here.get(paths.connections, { "Accept-Language": "es" });

  const links = $(".sections a").toArray().map((link) => [$(link).attr("href"), $(link).text()]);
  assert.deepEqual(links, [[paths.connections, "Historial de conexiones"], ["/billing", "Facturas"]]);
  for (const path of [paths.password, paths.methods, paths.recoveryCodes, paths.preferences]) {
    assert.equal((await here.get(path)).status, 404, path);
    assert.equal((await browser().get(path)).headers.get("Location")?.startsWith("/login?next="), true);
  }
  for (const path of [paths.password, paths.recoveryCodes, paths.preferences]) {
    assert.equal((await here.post(path, { csrf: $("[name=csrf]").attr("value") ?? "" })).status, 404, path);
  }
  assert.equal($(`a[href="${paths.password}"], a[href="${paths.methods}"]`).length, 0);
});

Deno.test("a host adds a language, which browsers can ask for and owners can choose", async () => {
  const de: Wording = {
    ...en,
    signIn: { ...en.signIn, title: "Anmelden" },
    history: { ...en.history, title: "Verbindungen" },
    preferences: { ...en.preferences, saved: "Gespeichert." },
  };
  const { browser } = await startHost({ languages: { de }, hasSignIn: true });
  const here = browser();

  const signIn = await here.get(paths.signIn, { "Accept-Language": "de-AT,de;q=0.9,en;q=0.5" });
  assert.deepEqual([signIn.$("html").attr("lang"), signIn.$("h1").text()], ["de", "Anmelden"]);
  await here.get(`/login?email=${EMAIL}`);
  const preferences = await here.get(paths.preferences);
  const names = preferences.$("[name=language] option").toArray().map((option) => preferences.$(option).text());
  assert.deepEqual(names, ["Same as browser", "English", "Español", "Català", "Deutsch"]);
  assert.equal((await here.submit(paths.preferences, { language: "fr" })).status, 422);
  assert.equal((await here.submit(paths.preferences, { language: "de" })).status, 303);
  assert.match((await here.get(paths.preferences)).$("#notifications").text(), /Gespeichert/);
  const history = await here.get(paths.connections);
  assert.equal(history.$("#title").text(), "Verbindungen");
  assert.match(history.$("tbody .when").text(), /23 Nov/);
});

Deno.test("an area that lacks the account's language uses the browser's", async () => {
  const { browser, db } = await startHost({ languages: { de: { ...en, brand: "Verwaltung" } } });
  const here = browser();
  await here.get(`/login?email=${EMAIL}`);
  await here.submit(paths.preferences, { language: "de" });
  const without = (await startHost({ db })).browser();
  without.cookies.set("session", here.cookies.get("session")!);

  const history = await without.get(paths.connections, { "Accept-Language": "ca" });

  assert.equal(history.$("html").attr("lang"), "ca");
});

// Security: client address
Deno.test("a host's function reads the client's address from the request", async () => {
  const given = { clientAddress: () => "185.220.101.1:443", trustedProxies: ["46.16.60.1"] };
  const { browser } = await startHost(given);
  const here = browser();
  await here.get(`/login?email=${EMAIL}`);

  const { $ } = await here.get(paths.connections, { "X-Forwarded-For": "203.0.113.7" });

  assert.equal($("tbody td.ip").text(), "185.220.101.1");
});

Deno.test("without a result of the host's function the address is unknown, and no header replaces it", async () => {
  const { browser, log } = await startHost({ clientAddress: () => undefined });
  const here = browser();
  await here.get(`/login?email=${EMAIL}`);

  const { $ } = await here.get(paths.connections, { "X-Forwarded-For": "203.0.113.7" });

  assert.equal($("tbody td.ip").text(), "Unknown address");
  assert.match(log.join("\n"), /address_unknown/);
});
