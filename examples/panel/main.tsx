import { Hono } from "hono";
import { openDatabase } from "../../db/client.ts";
import { type AreaOptions, createArea } from "../../routes/area.ts";
import { assetPath } from "../../routes/assets.ts";
import { paths } from "../../routes/paths.ts";
import { type Owner, UserMenu } from "../../views/layout.tsx";
import { createAccounts } from "./accounts.ts";

/** Acme's control panel: its own routes first, then the area, which takes the paths that are its own. */
export function createPanel(options: AreaOptions) {
  const accounts = createAccounts(options.db);
  const { area, findOwner } = createArea({ ...options, brand: "Acme Hosting", header: AcmeHeader });
  const panel = new Hono();

  panel.get("/", async (c) => {
    const owner = await findOwner(c);
    if (!owner) return c.redirect(paths.signIn, 303);
    return c.html(`<!doctype html>${<HomePage owner={owner} plan={accounts.planOf(owner.email)} />}`);
  });
  panel.get("/acme.css", (c) => c.body(".acme { border-top: 4px solid #6d3fc0 }", 200, { "Content-Type": "text/css" }));
  panel.use(area);
  panel.notFound((c) => c.text("Acme has no such page", 404));
  return { panel, accounts };
}

/** Stands on Acme's pages and on the area's. Inline styles and scripts are forbidden there; a style sheet of one's own is not. */
function AcmeHeader(owner: Owner | null) {
  return (
    <header class="bar acme">
      <link rel="stylesheet" href="/acme.css" />
      <a class="brand" href="/">Acme Hosting</a>
      {owner && <UserMenu owner={owner} />}
    </header>
  );
}

function HomePage({ owner, plan }: { owner: Owner; plan: string }) {
  return (
    <html lang="en">
      <head>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Your plan · Acme Hosting</title>
        <link rel="stylesheet" href={assetPath("css")} />
      </head>
      <body>
        {AcmeHeader(owner)}
        <main class="shell narrow">
          <h1>Your plan: {plan}</h1>
        </main>
      </body>
    </html>
  );
}

if (import.meta.main) {
  const port = Number(Deno.env.get("PORT") ?? 8000);
  const origin = new URL(`http://127.0.0.1:${port}`);
  const { panel, accounts } = createPanel({ db: await openDatabase(":memory:"), origin });
  const password = crypto.randomUUID();
  await accounts.add("marta@example.com", "Small", password);
  Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, panel.fetch);
  console.log(`Address: ${origin.origin}\nE-mail: marta@example.com\nPassword: ${password}`);
}
