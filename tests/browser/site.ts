import { openDatabase } from "../../db/database.ts";
import { createCountryLookup } from "../../visitor/countries.ts";
import type { AppOptions } from "../../routes/app.tsx";
import { addAccount, EMAIL, PASSWORD, startApp } from "../app.ts";

/** Public addresses with a known country. */
export const MADRID = "81.40.12.201";
export const PARIS = "193.51.208.14";
export const SANTIAGO = "2a0c:5a80:1b08:c00::4";
export const LAGOS = "102.89.23.4";

export const SAFARI =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";

/** `host`: by which loopback name it is visited. The rest are options of the app. */
export type SiteOptions = { host?: "127.0.0.1" | "localhost" } & Partial<AppOptions>;

/** Serves the real app on a free port, over a new database file with one account. */
export async function serveSite({ host = "127.0.0.1", ...options }: SiteOptions = {}) {
  const folder = await Deno.makeTempDir({ prefix: "connections-" });
  const db = await openDatabase(`file:${folder}/connections.db`);
  await addAccount(db, EMAIL, PASSWORD);

  let handle: Deno.ServeHandler = () => new Response(null, { status: 503 });
  // The server comes first, because the app has to know its port.
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request, info) => {
    return handle(request, info);
  });
  const origin = `http://${host}:${server.addr.port}`;
  const pending = new Set<Promise<void>>();
  const { app, clock } = await startApp({
    db,
    origin: new URL(origin),
    countryOf: createCountryLookup((error) => {
      throw error;
    }),
    trustedProxies: ["127.0.0.1"],
    waitUntil: (work) => void pending.add(work),
    ...options,
  });
  handle = app.fetch;

  return {
    db,
    clock,
    origin,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Promise.all(pending);
      db.$client.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
