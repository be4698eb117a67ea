import { disableUser, enableUser } from "../../db/accounts/disabling.ts";
import { findUser, foldEmail, isEmail, listUsers, removeUser, renameUser, unlockUser } from "../../db/users.ts";
import { toLine } from "../../http/log.ts";
import { askForAccount } from "../database.ts";
import { type Action, countOpen, done, fail, print, withUser } from "./action.ts";

export const list: Action = {
  takes: "[--json]",
  does: "all accounts, with their open connections counted",
  operands: 0,
  options: { json: { type: "boolean" } },
  isList: true,
  async run({ db, configuration }, { options }) {
    const accounts = await listUsers(db, Date.now());
    if (accounts.length === 0) console.error(askForAccount(configuration));
    for (const { email, openConnections, createdAt, disabledAt } of accounts) {
      const created = new Date(createdAt).toISOString();
      const disabled = disabledAt === null ? null : new Date(disabledAt).toISOString();
      const words = [
        email,
        `${openConnections} open`,
        `since ${created.slice(0, 10)}`,
        ...disabled ? ["disabled"] : [],
      ];
      const line = options.json
        ? toLine({ email, open_connections: openConnections, created_at: created, disabled_at: disabled })
        : words.join("\t");
      if (!await print(`${line}\n`)) break;
    }
    return 0;
  },
};

export const rename: Action = {
  takes: "EMAIL NEW_EMAIL",
  does: "give an account another address; its connections stay open",
  operands: 2,
  check: ({ operands: [, email = ""] }) =>
    isEmail(email) ? null : `Cannot rename to "${email}": it must be an email address like marta@example.com`,
  run: (context, { operands: [email = "", newEmail = ""] }) =>
    withUser(context, email, "rename anything", async (user) => {
      const { db, log, configuration } = context;
      if (!await renameUser(db, email, newEmail, configuration.mail && Date.now())) {
        return fail(`Cannot rename ${user.email}: there is an account ${foldEmail(newEmail)} already`);
      }
      log("user_updated", { user: user.id });
      return done(`Renamed ${user.email} to ${foldEmail(newEmail)}`);
    }),
};

export const remove: Action = {
  takes: "EMAIL",
  does: "remove an account with all that is kept of it",
  operands: 1,
  async run({ db, log }, { operands: [email = ""] }) {
    const user = await findUser(db, email);
    // Even without one: after a lost answer the log of an embedded database may still have to be emptied.
    if (!await removeUser(db, email)) return fail(`Cannot remove anything: there is no account ${foldEmail(email)}`);
    log("user_deleted", { user: user?.id });
    return done(`Removed ${foldEmail(email)} with all that was kept of it. Backups and the log still have theirs`);
  },
};

export const disable: Action = {
  takes: "EMAIL",
  does: "close an account's connections, and let nobody sign in to it",
  operands: 1,
  run: (context, { operands: [email = ""] }) =>
    withUser(context, email, "disable anything", async (user) => {
      const { db, log } = context;
      if (user.disabledAt !== null) return done(`${user.email} is disabled already`);
      const closed = await disableUser(db, user, Date.now());
      log("user_disabled", { user: user.id, closed });
      return done(`Disabled ${user.email}, and closed ${countOpen(closed)}`);
    }),
};

export const enable: Action = {
  takes: "EMAIL",
  does: "let the owner of a disabled account sign in again",
  operands: 1,
  run: (context, { operands: [email = ""] }) =>
    withUser(context, email, "enable anything", async (user) => {
      const { db, log } = context;
      if (user.disabledAt === null) return done(`${user.email} is not disabled`);
      await enableUser(db, user);
      log("user_enabled", { user: user.id });
      return done(`Enabled ${user.email}: it can sign in again`);
    }),
};

export const unlock: Action = {
  takes: "EMAIL",
  does: "forget the failed attempts of an account, which ends a lock",
  operands: 1,
  run: (context, { operands: [email = ""] }) =>
    withUser(context, email, "unlock anything", async (user) => {
      const { db, log } = context;
      await unlockUser(db, user);
      log("authn_login_unlock", { user: user.id });
      return done(`Forgot the failed attempts of ${user.email}: it can sign in again`);
    }),
};
