import assert from "node:assert/strict";
import { connections, type Language, LANGUAGES, refusals } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { paths, withQuery } from "../http/paths.ts";
import { textsOf } from "../words/texts.ts";
import {
  addAccount,
  type Browser,
  EMAIL,
  HOUR,
  HTMX,
  MINUTE,
  PASSWORD,
  type Reply,
  signedIn,
  START,
  startApp,
  type TestApp,
} from "./app.ts";
import { crawl, type Crawled } from "./crawl.ts";
import { startWithMethods } from "./crawl_methods.ts";

const OTHER = "joan@example.com";

Deno.test("the browser's languages are tried in the order of their weights, and anything else gets English", async () => {
  const { browser } = await startApp();
  const here = browser();
  const languageFor = async (header: string) =>
    (await here.get(paths.signIn, { "Accept-Language": header })).$("html").attr("lang");

  assert.equal((await here.get(paths.signIn)).$("html").attr("lang"), "en");
  assert.equal(await languageFor("es"), "es");
  assert.equal(await languageFor("es-ES,es;q=0.9,en;q=0.8"), "es");
  assert.equal(await languageFor("ES-mx"), "es");
  assert.equal(await languageFor("en;q=0.5, ca-ES;q=0.9"), "ca");
  assert.equal(await languageFor("ca-ES-valencia"), "ca");
  assert.equal(await languageFor("eu, gl;q=0.9, es;q=0.8"), "es");
  assert.equal(await languageFor("es;q=0, ca;q=0.1"), "ca");
  assert.equal(await languageFor("de-DE,de;q=0.9"), "en");
  assert.equal(await languageFor("est, cat"), "en");
  assert.equal(await languageFor("*"), "en");
  assert.equal(await languageFor(""), "en");
  assert.equal(await languageFor(";;;=,,q=;es q"), "en");
  assert.equal(await languageFor("__proto__, constructor"), "en");
  assert.equal(await languageFor(`${"de,".repeat(20_000)}es`), "en");
});

Deno.test("the owner's language overrides the browser's, on every page and in every browser", async () => {
  const { browser } = await startApp();
  const [here, elsewhere] = [browser(), browser("203.0.113.1")];
  await here.signIn();
  await here.submit(paths.preferences, { language: "ca" });
  await elsewhere.signIn();

  for (const path of [paths.connections, paths.closeAll, paths.password, paths.preferences, "/nowhere"]) {
    assert.equal((await elsewhere.get(path, { "Accept-Language": "es" })).$("html").attr("lang"), "ca", path);
  }
  assert.equal((await here.get(paths.connections)).$("#title").text(), "Historial de connexions");
  await here.submit(paths.preferences, { language: "browser" });
  assert.equal((await elsewhere.get(paths.connections, { "Accept-Language": "es" })).$("html").attr("lang"), "es");
});

Deno.test("the message after choosing a language is in that language", async () => {
  const { here } = await signedIn();

  await here.submit(paths.preferences, { language: "es" });

  const { $ } = await here.get(paths.preferences);
  assert.equal($("#notifications").text(), "Se han guardado tus preferencias.");
  assert.equal($("title").first().text(), "Preferencias · Panel de control");
});

Deno.test("the language of one account never shows in another's pages, cached parts included", async () => {
  const start = await startWithHistory();
  const { browser, db } = start;
  await addAccount(db, OTHER, PASSWORD);
  const [marta, joan] = [browser(), browser("46.16.60.2")];
  await marta.signIn();
  await joan.signIn(OTHER);
  const filtered = `${paths.connections}?state=closed&country=FR`;
  const seenBy = async (who: Browser, language: Language) =>
    await Promise.all([paths.connections, filtered].map(async (path) => {
      const page = await who.get(path, { "Accept-Language": language });
      return textsIn(page).filter((text) => text !== EMAIL && text !== OTHER);
    }));

  const before = await seenBy(marta, "en");
  await marta.submit(paths.preferences, { language: "ca" });
  const own = await seenBy(marta, "en");
  const spanish = await seenBy(joan, "es");
  const english = await seenBy(joan, "en");
  await marta.submit(paths.preferences, { language: "browser" });
  await marta.get(paths.preferences);

  assert.equal(own.every((page) => page.some((text) => CATALAN.test(text))), true);
  assert.equal(spanish.every((page) => page.includes("Historial de conexiones")), true);
  assert.equal(english.every((page) => page.includes("Connection history")), true);
  assert.deepEqual([...spanish, ...english].flat().filter((text) => CATALAN.test(text)), []);
  assert.deepEqual((await seenBy(marta, "en")).map((page) => page.sort()), before.map((page) => page.sort()));
});

Deno.test("every Spanish answer is entirely in Spanish: pages, fragments, refused forms, errors", async () => {
  assert.deepEqual(await englishIn("es"), []);
});

Deno.test("every Catalan answer is entirely in Catalan: pages, fragments, refused forms, errors", async () => {
  assert.deepEqual(await englishIn("ca"), []);
});

Deno.test("the history is in the reader's language: states, ends, times, countries, devices, counts", async () => {
  const { browser } = await startWithHistory();
  const here = browser();
  await here.signIn();

  const es = await here.get(paths.connections, { "Accept-Language": "es" });
  const ca = await here.get(paths.connections, { "Accept-Language": "ca" });

  assert.deepEqual(rowsOf(es), [
    "23 nov, 14:04 | ahora mismo · última actividad 14:04 | País nuevo: España\nRed y dispositivo nuevos | 46.16.60.1 | España | Firefox en Linux | Abierta | Esta conexión",
    "23 nov, 13:04 | hace 1 hora | 193.51.208.14 | Francia | Safari en iPhone | Cerrada | Caducada, 13:09",
    "23 nov, 12:04 | hace 2 horas · último intento 13:04 | 193.51.208.14 | última de 37 direcciones | Francia | Dispositivo desconocido | Rechazada | Contraseña incorrecta (4211 desde 37 direcciones)",
    "23 nov, 11:04 | hace 3 horas | Dirección desconocida | Red privada | curl | Cerrada | Sesión cerrada, 11:04",
  ]);
  assert.deepEqual(rowsOf(ca), [
    "23 nov., 14:04 | ara mateix · última activitat 14:04 | País nou: Espanya\nXarxa i dispositiu nous | 46.16.60.1 | Espanya | Firefox · Linux | Oberta | Aquesta connexió",
    "23 nov., 13:04 | fa 1 hora | 193.51.208.14 | França | Safari · iPhone | Tancada | Caducada, 13:09",
    "23 nov., 12:04 | fa 2 hores · últim intent 13:04 | 193.51.208.14 | última de 37 adreces | França | Dispositiu desconegut | Rebutjada | Contrasenya incorrecta (4.211 des de 37 adreces)",
    "23 nov., 11:04 | fa 3 hores | Adreça desconeguda | Xarxa privada | curl | Tancada | Sessió tancada, 11:04",
  ]);
});

Deno.test("each language has its own plurals and digit groups", () => {
  const [en, es, ca] = LANGUAGES.map(textsOf) as [Texts, Texts, Texts];
  const counts = [0, 1, 2, 1_000, 12_345];
  const rows = (t: Texts) => counts.map(t.history.rows);
  const attempts = (t: Texts) => counts.map(t.chart.refusedSignIns);

  assert.deepEqual(rows(en), ["0 rows", "1 row", "2 rows", "1,000 rows", "12,345 rows"]);
  assert.deepEqual(rows(es), ["0 filas", "1 fila", "2 filas", "1000 filas", "12.345 filas"]);
  assert.deepEqual(rows(ca), ["0 files", "1 fila", "2 files", "1.000 files", "12.345 files"]);
  assert.deepEqual(attempts(en).slice(0, 3), ["0 refused sign-ins", "1 refused sign-in", "2 refused sign-ins"]);
  assert.deepEqual(attempts(es).slice(0, 3), ["0 intentos rechazados", "1 intento rechazado", "2 intentos rechazados"]);
  assert.deepEqual(attempts(ca).slice(0, 3), ["0 intents rebutjats", "1 intent rebutjat", "2 intents rebutjats"]);
  assert.equal(es.live.status(1, 2, 0, 30), "Hay 1 conexión abierta. 2 conexiones inusuales necesitan tu revisión.");
  assert.equal(
    ca.live.status(2, 1, 0, 30),
    "Hi ha 2 connexions obertes. 1 connexió inusual necessita la teva revisió.",
  );
  assert.deepEqual([1, 2].map(es.closing.all), ["Cerrarla", "Cerrar las 2"]);
  assert.deepEqual([1, 2].map(ca.closing.all), ["Tanca-la", "Tanca les 2"]);
  assert.deepEqual([1, 2].map(es.password.othersClosed), [
    "Se ha cerrado otra conexión.",
    "Se han cerrado otras 2 conexiones.",
  ]);
  assert.equal(ca.row.closedFrom("Edge · Windows"), "Tancada des d'Edge · Windows");
  assert.equal(ca.row.closedFrom("Firefox · Linux"), "Tancada des de Firefox · Linux");
  assert.equal(ca.row.closedFrom("Huawei Browser · Android"), "Tancada des de Huawei Browser · Android");
});

Deno.test("the countries in the filter are in the language's alphabetical order", async () => {
  const { here, db } = await signedIn();
  const user = await findUser(db, EMAIL);
  for (const [i, countryCode] of ["DE", "AT", "ES", "EG", "HU"].entries()) {
    await db.insert(connections).values({ ...closedIn(user!.id, i + 1), countryCode });
  }
  const countries = async (language: Language) => {
    const { $ } = await here.get(`${paths.connections}?state=closed`, { "Accept-Language": language });
    return $("[name=country] option:not([value=''])").toArray().map((option) => $(option).text());
  };

  assert.deepEqual(await countries("en"), ["Austria", "Egypt", "Germany", "Hungary", "Spain"]);
  assert.deepEqual(await countries("es"), ["Alemania", "Austria", "Egipto", "España", "Hungría"]);
  assert.deepEqual(await countries("ca"), ["Alemanya", "Àustria", "Egipte", "Espanya", "Hongria"]);
});

Deno.test("the CSV is the same in every language", async () => {
  const { browser } = await startWithHistory();
  const here = browser();
  await here.signIn();
  const english = await here.get(paths.csv);

  const spanish = await here.get(paths.csv, { "Accept-Language": "es" });
  await here.submit(paths.preferences, { language: "ca" });
  const catalan = await here.get(paths.csv);

  assert.match(english.text, /^opened_at,.*\r\n.*,open,.*,ES,Spain,Firefox on Linux,/);
  assert.match(english.text, /,private,,|,Private network,curl,/);
  assert.equal(spanish.text, english.text);
  assert.equal(catalan.text, english.text);
});

Deno.test("the status that a poll brings is in the language of the page", async () => {
  const { browser, clock } = await startApp();
  const [here, other] = [browser(), browser("193.51.208.14")];
  await here.signIn();
  await here.submit(paths.preferences, { language: "es" });
  const version = (await here.get(paths.connections)).$("[name=version]").attr("value");
  clock.now += MINUTE;
  await other.signIn();

  const { $ } = await here.get(withQuery(paths.live, { version }), HTMX);

  assert.match($("[hx-target='#status']").text(), /^Hay 2 conexiones abiertas\./);
});

Deno.test("the sign-in page explains in the browser's language why the connection ended", async () => {
  const { here } = await signedIn();
  await here.signOut();

  const es = await here.get(paths.signIn, { "Accept-Language": "es" });
  const ca = await here.get(paths.signIn, { "Accept-Language": "ca" });

  assert.equal(es.$(".notification").text(), "Cerraste la sesión el 23 nov 2026, 14:04 (UTC).");
  assert.equal(ca.$(".notification").text(), "Vas tancar la sessió el dia 23 nov. 2026, 14:04 (UTC).");
});

Deno.test("the problems of a form are in the language of its page", async () => {
  const { here } = await signedIn();
  await here.submit(paths.preferences, { language: "ca" });

  const zone = await here.submit(paths.preferences, { time_zone: "Atlantis" });
  const short = await here.submit(paths.password, {
    current_password: PASSWORD,
    new_password: "curta",
    new_password_again: "curta",
  });
  const filter = await here.get(`${paths.connections}?state=ajar&ip=x`);

  assert.match(zone.$("#time_zone-problem").text(), /^No hi ha cap fus horari amb aquest nom\./);
  assert.match(short.$("#new_password-problem").text(), /^Fes servir com a mínim 15 caràcters\./);
  assert.match(
    filter.$(".notification-problem").text(),
    /^«Estat» ha de ser .*\. «Adreça IP» ha de ser .*81\.40\.12\.0\/24\. No s'han tingut en compte\.$/,
  );
});

type Texts = ReturnType<typeof textsOf>;

/** Words that neither Spanish nor Catalan has. */
const ENGLISH =
  /\b(the|this|your|you|is|was|were|are|with|from|and|of|not|it|to|connections?|open|closed?|signs?|passwords?|attempts?|last|rows?)\b/i;
/** Letters that neither English nor Spanish has. */
const CATALAN = /[çàèò]/i;

/** Texts that are the same in every language, or contain an English word. */
const SAME =
  /^(\d[\d.:]*|\(?UTC\)?|\(Europe\/Madrid\)|Asia|Australia|Atlantis|English|curl|www\.maxmind\.com|[\w@.+-]+@example\.com|(Mozilla|curl)\/\d.*)$/;
/** The words of the URL are English in every language. */
const URL_WORDS = /open, closed, refused, unusual o unreviewed/;

/** Finds the texts of all answers in a language that are not in it, with the answer that each is in. */
async function englishIn(language: Language): Promise<string[]> {
  const english = new Set((await crawlIn("en")).flatMap(textsIn));
  const found = (await crawlIn(language)).flatMap((answer) => {
    const wrongLang = answer.$("html").attr("lang") !== language && /^<!doctype/.test(answer.text);
    const wrong = textsIn(answer).filter((text) =>
      !SAME.test(text) && (english.has(text) || ENGLISH.test(text.replace(URL_WORDS, "")))
    );
    return [...wrong, ...(wrongLang ? ["lang"] : [])].map((text) => `${answer.status} ${answer.what}: ${text}`);
  });
  return [...new Set(found)];
}

/** Collects every kind of answer for browsers that ask for a language, whose owner chooses it too. */
async function crawlIn(language: Language): Promise<Crawled[]> {
  const start = await startWithMethods();
  const browser: TestApp["browser"] = (...who) => {
    const made = start.browser(...who);
    const request = made.request.bind(made);
    made.request = (path, { headers, ...sent } = {}) =>
      request(path, { ...sent, headers: { "Accept-Language": language, ...headers } });
    return made;
  };
  return (await crawl({ ...start, browser }, language)).filter(({ what, headers }) =>
    !/ \/(health|static)|\.csv$/.test(what) && /^text\//.test(headers.get("Content-Type") ?? "")
  );
}

/** Every text of a page or fragment, including labels, that a person reads or hears. */
function textsIn({ $, text, headers }: Reply): string[] {
  if (headers.get("Content-Type")?.startsWith("text/plain")) return text.trim().split("\n");
  // Cities have one name in every language, that of the IANA database.
  $("optgroup > option, script, code, [lang]:not(html)").remove();
  const nodes = $("*").contents().toArray().filter((node) => node.type === "text").map((node) => $(node).text());
  const names = ["aria-label", "title", "alt", "placeholder", "label"].flatMap((name) =>
    $(`[${name}]`).toArray().map((element) => $(element).attr(name) ?? "")
  );
  return [...nodes, ...names].map((text) => text.replace(/\s+/g, " ").trim())
    .filter((text) => /\p{L}/u.test(text));
}

/** The texts of each row of the history. */
function rowsOf({ $ }: Reply): string[] {
  return $("tbody tr[id]").toArray().map((row) => {
    $(row).find("[aria-hidden], .hidden, .state form").remove();
    return $(row).find("*").contents().toArray().filter((node) => node.type === "text")
      .map((node) => $(node).text().replaceAll("\u00a0", " ").trim()).filter(Boolean).join(" | ");
  });
}

/** Starts the app with an account that has closed connections and refused sign-ins. */
async function startWithHistory() {
  const start = await startApp();
  const { id } = (await findUser(start.db, EMAIL))!;
  await start.db.insert(connections).values([
    { ...closedIn(id, 1), closedAt: START - HOUR + 5 * MINUTE, endReason: "expired", device: "Safari on iPhone" },
    { ...closedIn(id, 3), ip: "", countryCode: "private", device: "curl" },
  ]);
  await start.db.insert(refusals).values({
    id: crypto.randomUUID(),
    userId: id,
    hour: 1,
    firstAt: START - 2 * HOUR,
    lastAt: START - HOUR,
    attempts: 4_211,
    addresses: 37,
    reason: "wrong_password",
    ...FRANCE,
    device: "Unknown device",
  });
  return start;
}

const FRANCE = { ip: "193.51.208.14", network: "193.51", countryCode: "FR", userAgent: "" };

/** A connection that was opened and closed this many hours ago. */
function closedIn(userId: string, hours: number): typeof connections.$inferInsert {
  const at = START - hours * HOUR;
  const times = { openedAt: at, lastSeenAt: at, expiresAt: at + HOUR, closedAt: at };
  return { id: crypto.randomUUID(), userId, ...FRANCE, ...times, endReason: "signed_out", device: "Firefox on Linux" };
}
