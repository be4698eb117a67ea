import { defineConfig } from "drizzle-kit";

/** For `deno task migrations`: writes the SQL that leads from the last migration to db/schema.ts. */
export default defineConfig({ dialect: "sqlite", schema: "./db/schema.ts", out: "./db/migrations" });
