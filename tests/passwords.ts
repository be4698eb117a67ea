import { createPasswords, type Passwords } from "../credentials/passwords.ts";
import type { Turn } from "../credentials/slots.ts";
import { CHEAP } from "./app.ts";

/** Verifies a password in a turn; `null` if too many are waiting. */
export function verify(
  passwords: Passwords,
  password: string,
  stored: string | undefined,
  turn: Turn,
): Promise<boolean | null> {
  return passwords.inTurn(turn, (verify) => verify(password, stored));
}

/** Cheap passwords that turn everyone away while `isBusy`. */
export function busyWhile(isBusy: () => boolean): Passwords {
  const cheap = createPasswords(CHEAP);
  return { ...cheap, inTurn: (turn, check) => isBusy() ? Promise.resolve(null) : cheap.inTurn(turn, check) };
}
