/**
 * `deno task generate` writes static files, migrations and the country data into modules, because a package can't read files
 * (docs/decisions/0012-files-as-modules.md). `generate` returns the modules by path, for the test that they are up to date.
 */
import { Buffer } from "node:buffer";
import { brotliCompressSync, constants } from "node:zlib";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { fileURLToPath } from "node:url";
import journal from "../db/migrations/meta/_journal.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url);
const NOTE = "// Made by `deno task generate`.\n";

/** The parts of the style sheet, in `static/css/`. */
const STYLES = [
  "base",
  "layout",
  "menu",
  "controls",
  "forms",
  "notifications",
  "dialog",
  "head",
  "chart",
  "filters",
  "chips",
  "table",
  "row",
  "methods",
];

export async function generate(): Promise<Record<string, string>> {
  return {
    "generated/assets.ts": await writeAssets(),
    "generated/migrations.ts": writeMigrations(),
    "generated/countries.ts": await writeCountries(),
  };
}

async function writeAssets(): Promise<string> {
  const read = (path: string) => Deno.readTextFile(new URL(`static/${path}`, ROOT));
  const styles = await Promise.all(STYLES.map((name) => read(`css/${name}.css`)));
  // The single-file build, which `exports` doesn't list.
  const webAuthn = new URL("../dist/bundle/index.umd.min.js", import.meta.resolve("@simplewebauthn/browser"));
  return writeModule({
    css: styles.join("\n"),
    js: await read("app.js"),
    htmx: await Deno.readTextFile(new URL(import.meta.resolve("htmx.org/dist/htmx.min.js"))),
    passkeys: `${await Deno.readTextFile(webAuthn)}\n${await read("passkeys.js")}`,
    icon: await read("icon.svg"),
  });
}

function writeMigrations(): string {
  const migrationsFolder = fileURLToPath(new URL("db/migrations", ROOT));
  const migrations = readMigrationFiles({ migrationsFolder })
    .map(({ sql, hash, folderMillis }, i) => ({ name: journal.entries[i]!.tag, hash, folderMillis, sql }));
  const type = "{ name: string; hash: string; folderMillis: number; sql: string[] }[]";
  return `${NOTE}export const migrations: ${type} = ${JSON.stringify(migrations, null, 1)};\n`;
}

async function writeCountries(): Promise<string> {
  const read = (name: string) => Deno.readFile(new URL(import.meta.resolve(`geoip-lite/data/${name}`)));
  return writeModule({
    ipv4: pack(await read("geoip-country.dat"), 10),
    ipv6: pack(await read("geoip-country6.dat"), 34),
  });
}

/** By columns, which halves what Brotli makes of it; base64. */
function pack(records: Uint8Array, length: number): string {
  const count = records.length / length;
  const columns = Buffer.alloc(records.length);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < length; column++) columns[column * count + row] = records[row * length + column]!;
  }
  const params = { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS };
  return brotliCompressSync(columns, { params }).toString("base64");
}

function writeModule(texts: Record<string, string>): string {
  const lines = Object.entries(texts).map(([name, text]) =>
    `export const ${name}: string = ${JSON.stringify(text)};\n`
  );
  return NOTE + lines.join("");
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await generate())) await Deno.writeTextFile(new URL(path, ROOT), text);
}
