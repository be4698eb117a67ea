import { DatabaseSync } from "node:sqlite";
import type { Db } from "../../db/client.ts";
import { createPasswords } from "../../db/passwords.ts";
import { addUser, removeUser, renameUser } from "../../db/users.ts";

/** Acme's own accounts. What happens in its table happens in the area's too: there first, so that what fails there is not done here. */
export function createAccounts(area: Db) {
  const own = new DatabaseSync(":memory:");
  own.exec("CREATE TABLE accounts (email TEXT PRIMARY KEY, plan TEXT NOT NULL)");
  const { hash } = createPasswords();

  return {
    async add(email: string, plan: string, password: string): Promise<boolean> {
      const passwordHash = await hash(password);
      if (passwordHash === null || !await addUser(area, email, passwordHash, Date.now())) return false;
      own.prepare("INSERT INTO accounts VALUES (?, ?)").run(email, plan);
      return true;
    },
    async rename(email: string, newEmail: string): Promise<boolean> {
      if (!await renameUser(area, email, newEmail)) return false;
      own.prepare("UPDATE accounts SET email = ? WHERE email = ?").run(newEmail, email);
      return true;
    },
    async remove(email: string): Promise<boolean> {
      if (!await removeUser(area, email)) return false;
      own.prepare("DELETE FROM accounts WHERE email = ?").run(email);
      return true;
    },
    planOf(email: string): string {
      return String(own.prepare("SELECT plan FROM accounts WHERE email = ?").get(email)?.plan ?? "none");
    },
  };
}
