/** For `deno task migrations`, which writes the SQL from the last migration to db/schema.ts. */
export default { dialect: "sqlite", schema: "./db/schema.ts", out: "./db/migrations" };
