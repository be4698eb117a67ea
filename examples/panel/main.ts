import { openDatabase } from "@connection-history/area";
import { createPanel } from "./panel.ts";

// Starts the panel with an account, on databases that are gone afterwards.
const port = Number(Deno.env.get("PORT") ?? 8000);
const origin = new URL(`http://127.0.0.1:${port}`);
const { panel, accounts } = createPanel({ db: await openDatabase(":memory:"), origin });
const password = crypto.randomUUID();
await accounts.add("marta@example.com", password, "Small");
Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, panel.fetch);
console.log(`Address: ${origin.origin}\nE-mail: marta@example.com\nPassword: ${password}`);
