import { pathToFileURL } from "node:url";
import { openClient } from "./client.ts";
import { pathOf } from "./embedded.ts";

const HAS_TABLES = "SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'";

/** Whether there is a database with tables at `url`. Unlike opening it, this creates none. */
export async function hasDatabase(url: string, authToken?: string): Promise<boolean> {
  if (url.startsWith("file:")) return await hasTables(pathOf(url));
  const client = await openClient(url, authToken);
  try {
    return (await client.execute(HAS_TABLES)).rows.length > 0;
  } finally {
    client.close();
  }
}

async function hasTables(path: string): Promise<boolean> {
  const { default: Database } = await import("libsql");
  const ask = (mode: string) => {
    const database = new Database(`${uriOf(path)}?${mode}`);
    try {
      return database.prepare(HAS_TABLES).get() !== undefined;
    } finally {
      database.close();
    }
  };
  try {
    // SQLite creates no file with this mode.
    return ask("mode=rw");
  } catch (error) {
    if (!/unable to open/i.test(String(error))) throw error;
    // Opens what can only be read.
    if (attempt(() => ask("mode=ro&immutable=1")) || await isThere(path)) throw error;
    return false;
  }
}

/** SQLite takes a relative path in a URI too. */
function uriOf(path: string): string {
  return path.startsWith("/") ? pathToFileURL(path).href : `file:${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** `false` too where Deno isn't allowed to look. */
async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return true;
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

/** Whether something was done without an error. */
function attempt(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
