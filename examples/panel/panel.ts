import { DatabaseSync } from "node:sqlite";
import { type AreaOptions, createArea } from "@connection-history/area";
import { Hono } from "hono";
import { Header, homePage, STYLES } from "./acme.tsx";

/** Acme's panel with the area in it: under Acme's header, behind Acme's own routes, and in step with Acme's accounts. */
export function createPanel(options: AreaOptions) {
  const made = createArea({ ...options, brand: "Acme Hosting", header: Header });
  const { area, requireOwner, users, styleSheet } = made;
  const table = new DatabaseSync(":memory:");
  table.exec("CREATE TABLE accounts (email TEXT PRIMARY KEY, plan TEXT NOT NULL)");
  const write = (sql: string, ...values: string[]) => table.prepare(sql).run(...values).changes === 1;

  // An account changes in the area first, which says whether it did, and then in Acme's table. The area's addresses are in lower case.
  const accounts = {
    add: async (email: string, password: string, plan: string) =>
      await users.add(email, password) && write("INSERT INTO accounts VALUES (?, ?)", email.toLowerCase(), plan),
    rename: async (email: string, to: string) =>
      await users.rename(email, to) &&
      write("UPDATE accounts SET email = ? WHERE email = ?", to.toLowerCase(), email.toLowerCase()),
    remove: async (email: string) =>
      await users.remove(email) && write("DELETE FROM accounts WHERE email = ?", email.toLowerCase()),
  };

  const panel = new Hono();
  panel.get("/acme.css", (c) => c.body(STYLES, 200, { "Content-Type": "text/css" }));
  panel.get("/", requireOwner, (c) => {
    const account = table.prepare("SELECT plan FROM accounts WHERE email = ?").get(c.var.owner.email);
    return c.html(homePage(c.var.owner, String(account?.plan ?? "none"), styleSheet));
  });
  panel.use(area);
  panel.notFound((c) => c.text("Acme has no such page", 404));
  return { panel, accounts };
}
