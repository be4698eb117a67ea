import { randomBytes } from "node:crypto";
import { createPasswords } from "../../credentials/passwords.ts";
import { passwordProblem, SHORTEST_PASSWORD } from "../../credentials/policy.ts";
import { addLink } from "../../db/accounts/links.ts";
import type { User } from "../../db/schema.ts";
import { addUser, findUser, foldEmail, isEmail, resetPassword } from "../../db/users.ts";
import { pathsBelow } from "../../http/paths.ts";
import { textsOf } from "../../words/texts.ts";
import { readPassword } from "../terminal.ts";
import { type Action, type Context, countOpen, done, fail, withUser } from "./action.ts";

export const add: Action = {
  takes: "EMAIL",
  does: "a new account; the password is one line of standard input. Without one, a link to set it",
  operands: 1,
  mayCreate: true,
  check: ({ operands: [email = ""] }) =>
    isEmail(email) ? null : `Cannot add "${email}": it must be an email address like marta@example.com`,
  async run(context, { operands: [email = ""] }) {
    const { db, log } = context;
    const folded = foldEmail(email);
    const taken = `Cannot add ${folded}: there is an account with this address already`;
    if (await findUser(db, folded)) return fail(taken);

    const password = await readPassword("Password (none: a link to set one): ");
    if (password === null || password !== "" && !await isGood(password, folded)) return 1;
    // Nobody knows the password of an account whose owner has yet to choose one.
    const hash = await createPasswords().hash(password || randomBytes(32).toString("base64url"));
    if (hash === null || !await addUser(db, folded, hash, Date.now())) return fail(taken);
    const user = await findUser(db, folded);
    log("user_created", { user: user?.id });
    if (password !== "" || !user) return done(`Added ${folded}`);
    return done(`Added ${folded}. ${await makeLink(context, user)}`);
  },
};

export const password: Action = {
  takes: "EMAIL",
  does: "set a password, one line of standard input; closes the account's connections",
  operands: 1,
  run: (context, { operands: [email = ""] }) =>
    withUser(context, email, "set a password", async (user) => {
      const { db, log, configuration } = context;
      const password = await readPassword();
      if (password === "") return fail("No password came: give it as one line of standard input");
      if (password === null || !await isGood(password, user.email)) return 1;
      const hash = await createPasswords().hash(password);
      if (hash === null) return fail("Cannot set a password: too many are being hashed");
      const closed = await resetPassword(db, user, hash, Date.now(), configuration.mail !== null);
      log("authn_password_change", { user: user.id, closed });
      return done(`Set the password of ${user.email}, and closed ${countOpen(closed)}`);
    }),
};

export const link: Action = {
  takes: "EMAIL",
  does: "a link by which the owner sets a password, once and within 24 hours",
  operands: 1,
  run: (context, { operands: [email = ""] }) =>
    withUser(context, email, "make a link", async (user) => {
      if (user.disabledAt !== null) return fail(`Cannot make a link: ${user.email} is disabled`);
      return done(await makeLink(context, user));
    }),
};

/** Never on standard output, which is the log. */
async function makeLink({ db, configuration, log }: Context, user: User): Promise<string> {
  const token = await addLink(db, user, "password", Date.now());
  log("authn_token_created", { user: user.id, purpose: "password" });
  const url = new URL(pathsBelow(configuration.base).link(token), configuration.origin);
  return `Its owner sets a password at this link, once and within 24 hours:\n${url}`;
}

/** Whether a password may be used; otherwise a sentence says why not. */
async function isGood(password: string, email: string): Promise<boolean> {
  const t = textsOf("en");
  const problem = await passwordProblem(password, email, t.brand);
  if (problem) fail(`Cannot use this password. ${t.password.problems[problem](SHORTEST_PASSWORD)}`);
  return problem === null;
}
