import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { CELL, EMAIL, MINUTE, PASSWORD } from "../app.ts";
import { inBrowser, openDialog, PARIS, SAFARI, signIn, waitForClosedDialog } from "./chromium.ts";
import { addClosed, addOpen } from "./history.ts";

inBrowser("in a Spanish browser, signing in, closing connections and filtering are in Spanish", async (site) => {
  await addOpen(site.db);
  await addClosed(site.db, 10);
  const here = await site.visit({ locale: "es-ES" });

  await here.goto(paths.signIn);
  await here.getByLabel("Correo electrónico").fill(EMAIL);
  await here.getByLabel("Contraseña").fill(PASSWORD);
  await here.getByRole("button", { name: "Iniciar sesión" }).click();
  await here.getByRole("button", { name: "Cerrar conexiones abiertas" }).click();
  const dialog = await openDialog(here);
  await dialog.getByRole("heading", { name: "¿Cerrar 1 conexión abierta?" }).waitFor();
  await dialog.getByRole("button", { name: "Cerrarla" }).click();
  await waitForClosedDialog(here);
  await here.getByText("Se ha cerrado 1 conexión abierta: Safari en iPhone (Francia).").waitFor();
  await here.locator("#filters summary").click();
  await here.getByLabel("Estado").selectOption("Cerrada");
  await here.getByRole("button", { name: "Filtrar", exact: true }).click();
  await here.getByRole("link", { name: "Quitar el filtro Estado: cerrada" }).waitFor();

  assert.equal(await here.title(), "Cerrada · Historial de conexiones · Panel de control");
  assert.equal(await here.locator("html").getAttribute("lang"), "es");
});

inBrowser(
  "a chosen language applies at once, and to live updates too",
  { pollInterval: 200 },
  async (site) => {
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

    const row = here.locator("tbody tr[id]", { hasText: "Safari · iPhone" });
    await row.locator(CELL.country, { hasText: "França" }).waitFor();
    await row.locator(CELL.badge, { hasText: "Oberta" }).waitFor();
    site.clock.now += MINUTE;
    await here.locator("#status")
      .filter({ hasText: "Hi ha 2 connexions obertes. 1 connexió inusual necessita la teva revisió." })
      .waitFor({ state: "attached" });
  },
);
