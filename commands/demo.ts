import { randomBytes } from "node:crypto";
import { createPasswords } from "../credentials/passwords.ts";
import { openDatabase } from "../db/database.ts";
import { addUser, findUser } from "../db/users.ts";
import { createCountryLookup } from "../visitor/countries.ts";
import type { Configuration } from "./configuration.ts";
import { describe } from "./database.ts";
import { fillHistory } from "./demo_history.ts";
import { GEO_DATA, listen } from "./serve.ts";

const OWNER = "marta@example.com";
const NEIGHBOUR = "joan@example.com";

/** `deno task demo`: serves the app on a throw-away database with two accounts and their histories. */
export async function demo(configuration: Configuration): Promise<number> {
  await Deno.mkdir("data", { recursive: true });
  const folder = await Deno.makeTempDir({ dir: "data", prefix: "demo-" });
  const url = `file:${folder}/connections.db`;
  console.error(`Database: ${describe(url)}, until the demo ends`);
  const db = await openDatabase(url);
  const password = makePassword();
  const passwordHash = await createPasswords().hash(password);
  if (passwordHash === null) throw new Error("Cannot make the demo: its password could not be hashed");
  const warn = (error: unknown) => console.error("The country data can't be read:", error);
  const countryOf = createCountryLookup(warn, configuration.geoDataFolder ?? GEO_DATA);
  const now = Date.now();

  for (const [email, connections] of [[OWNER, 320], [NEIGHBOUR, 40]] as const) {
    await addUser(db, email, passwordHash, now);
    const user = await findUser(db, email);
    if (user) await fillHistory(db, user.id, { connections, countryOf, now });
  }
  const announce = () => {
    console.log(`Address: ${configuration.origin.origin}${configuration.base}`);
    console.log(`E-mail: ${OWNER}`);
    console.log(`Password: ${password}`);
    console.error(
      `${NEIGHBOUR} is a second account with the same password. Ctrl+C ends the demo and removes its database.`,
    );
    return Promise.resolve();
  };
  // Its key is in its own folder too, and its owners get no mail.
  return await listen(
    { ...configuration, databaseUrl: url, mail: null },
    db,
    Promise.resolve(false),
    announce,
    () => Deno.remove(folder, { recursive: true }),
  );
}

/** 80 bits that can be typed: four groups of five hexadecimal digits. */
function makePassword(): string {
  return randomBytes(10).toString("hex").replace(/(.{5})(?!$)/g, "$1-");
}
