import { openDatabase } from "../db/database.ts";
import { startHrana } from "./hrana.ts";

/** Starts the fake database server, and opens its database as the app does. */
export async function startRemote() {
  const hrana = await startHrana();
  const db = await openDatabase(hrana.url);
  return {
    ...hrana,
    db,
    async [Symbol.asyncDispose]() {
      db.$client.close();
      await hrana[Symbol.asyncDispose]();
    },
  };
}
