import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { CELL, EMAIL, PASSWORD } from "../app.ts";
import { inChromium, openDialog, openSite, PARIS, SAFARI, signIn, waitForClosedDialog } from "./chromium.ts";
import { addOpen } from "./history.ts";

Deno.test(
  "a browser that speaks Spanish signs in, closes what is open and filters, all in Spanish",
  inChromium,
  async () => {
    await using site = await openSite();
    await addOpen(site.db);
    const here = await site.visit({ locale: "es-ES" });

    await here.goto(paths.signIn);
    await here.getByLabel("Correo electrónico").fill(EMAIL);
    await here.getByLabel("Contraseña").fill(PASSWORD);
    await here.getByRole("button", { name: "Iniciar sesión" }).click();
    await here.getByRole("link", { name: "Cerrar conexiones abiertas" }).click();
    const dialog = await openDialog(here);
    await dialog.getByRole("heading", { name: "¿Cerrar 1 conexión abierta?" }).waitFor();
    await dialog.getByRole("button", { name: "Cerrarla" }).click();
    await waitForClosedDialog(here);
    await here.getByText("Se ha cerrado 1 conexión abierta: Safari en iPhone (Francia).").waitFor();
    await here.getByLabel("Estado").selectOption("Cerrada");
    await here.getByRole("button", { name: "Filtrar", exact: true }).click();
    await here.getByRole("link", { name: "Quitar el filtro Estado: cerrada" }).waitFor();

    assert.equal(await here.title(), "Cerrada · Historial de conexiones · Panel de control");
    assert.equal(await here.locator("html").getAttribute("lang"), "es");
    site.assertUntroubled();
  },
);

Deno.test("a language that was chosen holds at once, also for what the page asks by itself", inChromium, async () => {
  await using site = await openSite({ pollEvery: 200 });
  const [here, other] = [await site.visit(), await site.visit({ ip: PARIS, userAgent: SAFARI })];
  await signIn(here);
  await here.goto(paths.preferences);
  await here.getByLabel("Language").selectOption("Català");
  await here.getByRole("button", { name: "Save preferences" }).click();
  await here.getByText("S'han desat les teves preferències.").waitFor();
  await here.getByRole("link", { name: "Historial de connexions" }).click();
  await here.getByRole("heading", { name: "Historial de connexions" }).waitFor();

  site.clock.now += 1_000;
  await signIn(other);

  const row = here.locator("#rows tr", { hasText: "Safari a iPhone" });
  await row.locator(CELL.country, { hasText: "França" }).waitFor();
  await row.locator(CELL.state, { hasText: "Oberta" }).waitFor();
  assert.match(await here.locator("#news").innerText(), /^S'ha obert una connexió.*: Safari a iPhone, França\.$/);
  site.assertUntroubled();
});
