import { randomBytes } from "node:crypto";
import { openDatabase } from "../db/database.ts";
import { createCountryLookup } from "../visitor/countries.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { addUser, findUser } from "../db/users.ts";
import type { Configuration } from "./configuration.ts";
import { fillHistory } from "./demo_history.ts";
import { listen } from "./serve.ts";

const OWNER = "marta@example.com";
const NEIGHBOUR = "joan@example.com";

/** `deno task demo`: the app over a database in memory that is gone afterwards, with two accounts and their histories. */
export async function demo(configuration: Configuration): Promise<number> {
  const db = await openDatabase(":memory:");
  const password = makePassword();
  const passwordHash = await createPasswords().hash(password);
  if (passwordHash === null) throw new Error("Cannot make the demo: its password could not be hashed");
  const warn = (error: unknown) => console.error("The country data can't be read:", error);
  const countryOf = createCountryLookup(warn, configuration.geoDataFolder);
  const now = Date.now();

  for (const [email, connections] of [[OWNER, 320], [NEIGHBOUR, 40]] as const) {
    await addUser(db, email, passwordHash, now);
    const user = await findUser(db, email);
    if (user) await fillHistory(db, user.id, { connections, countryOf, now });
  }
  return await listen(configuration, db, () => {
    console.log(`Address: ${configuration.origin.origin}`);
    console.log(`E-mail: ${OWNER}`);
    console.log(`Password: ${password}`);
    console.error(
      `${NEIGHBOUR} is a second account with the same password. Ctrl+C ends the demo, and nothing of it stays.`,
    );
    return Promise.resolve();
  });
}

/** Something new each time that can still be typed: 80 bits as four groups of five hexadecimal digits. */
function makePassword(): string {
  return randomBytes(10).toString("hex").replace(/(.{5})(?!$)/g, "$1-");
}
