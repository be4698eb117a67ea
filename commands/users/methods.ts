import { listMethods, type Methods } from "../../db/methods/methods.ts";
import { resetMethods } from "../../db/methods/reset.ts";
import { NO_PASSWORD, type User } from "../../db/schema.ts";
import { toLine } from "../../http/log.ts";
import { isoTime } from "../../words/time.ts";
import { type Action, countOpen, done, print, withUser } from "./action.ts";

export const methods: Action = {
  takes: "EMAIL [--json | --reset]",
  does: "how an account is signed in to; --reset leaves it nothing but its password, and closes its connections",
  operands: 1,
  options: { json: { type: "boolean" }, reset: { type: "boolean" } },
  isList: ({ options }) => !options.reset,
  run: (context, { operands: [email = ""], options }) =>
    withUser(context, email, options.reset ? "reset anything" : "list any methods", async (user) => {
      const { db, log, configuration } = context;
      if (options.reset) {
        const closed = await resetMethods(db, user, Date.now(), configuration.mail !== null);
        log("authn_method_removed", { user: user.id, method: "all", closed });
        return done(`Left ${user.email} nothing but its password, and closed ${countOpen(closed)}`);
      }
      log("sensitive_read", { user: user.id });
      for (const method of describe(user, await listMethods(db, user.id))) {
        const line = options.json ? toLine(method) : asText(method);
        if (!await print(`${line}\n`)) break;
      }
      return 0;
    }),
};

type Line = Record<string, string | number | null> & { method: string };

function describe({ passwordHash }: User, { authenticator, passkeys, recoveryCodes, browsers }: Methods): Line[] {
  const times = ({ addedAt, lastAt }: { addedAt: number; lastAt: number | null }) => ({
    added_at: isoTime(addedAt),
    last_used_at: lastAt === null ? null : isoTime(lastAt),
  });
  return [
    { method: passwordHash === NO_PASSWORD ? "host" : "password" },
    ...authenticator ? [{ method: "authenticator", ...times(authenticator) }] : [],
    ...passkeys.map(({ name, ...passkey }) => ({ method: "passkey", name, ...times(passkey) })),
    ...recoveryCodes
      ? [{ method: "recovery codes", left: recoveryCodes.left, added_at: isoTime(recoveryCodes.addedAt) }]
      : [],
    ...browsers.map(({ device, firstAt, lastAt }) => ({
      method: "known browser",
      name: device,
      ...times({ addedAt: firstAt, lastAt }),
    })),
  ];
}

function asText({ method, name, left, added_at, last_used_at }: Line): string {
  const parts = [
    method,
    // As JSON: its owner chose it.
    typeof name === "string" && toLine(name),
    left !== undefined && `${left} left`,
    added_at && `added ${added_at}`,
    last_used_at && `last used ${last_used_at}`,
  ];
  return parts.filter(Boolean).join("\t");
}
