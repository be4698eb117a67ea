import { type Context, Hono } from "hono";
import { z } from "zod";
import { canHavePasskeys, readRegistration, verifyRegistration } from "../../credentials/passkeys.ts";
import { listMethods, type Methods } from "../../db/methods/methods.ts";
import { addPasskey, findPasskey, listPasskeys, removePasskey, renamePasskey } from "../../db/methods/passkeys.ts";
import type { Env } from "../../http/env.ts";
import { problem, readForm, say } from "../../http/forms.ts";
import { requireCsrf } from "../../http/guards.ts";
import { askForNewPasskey, checkChallenge, registrationUse } from "../../http/passkeys/challenges.ts";
import { paths } from "../../http/paths.ts";
import { notFound } from "../../http/refusal.ts";
import { requireSession } from "../../http/sessions/sessions.ts";
import { AddPasskeyPage, RemovePasskeyPage, RenamePasskeyPage } from "../../views/methods/passkeys.tsx";
import { deviceName } from "../../words/devices.ts";
import type { Unconfirmed } from "../confirmation.tsx";
import { leaveNotice } from "../notices.tsx";
import { changeAndSay, changeMethod, showChange } from "./changing.tsx";

export const passkeys = new Hono<Env>();

/** In characters. */
const LONGEST_NAME = 60;
/** Each is in the pages that ask for one of them. */
const MAX_PASSKEYS = 20;
const RENAME = paths.renamePasskey(":id");
const REMOVE = paths.removePasskey(":id");

const Name = z.string(problem("noName")).trim().min(1, problem("noName")).max(LONGEST_NAME, problem("nameTooLong"));

passkeys.get(paths.passkeys, requireSession, (c) => showAdding(c));

passkeys.post(
  paths.passkeys,
  requireCsrf((c, _, problem) => showAdding(c, { problem, problems: {} })),
  requireSession,
  async (c) => {
    const { options: { db, origin }, session, texts: t } = c.var;
    const typed = await readForm(c);
    const name = Name.safeParse(typed.name);
    if (!name.success) return await refuse(c, { problems: { name: say(name.error.issues[0]!.message, t) } });
    const { credential: sent = "" } = typed;
    if (sent === "") return await refuse(c, { problems: {}, problem: t.methods.needsScript });
    const answer = await checkChallenge(c, readRegistration(sent), registrationUse(c));
    if (!answer) return await refuse(c, { problems: {}, problem: t.passkey.late });
    const credential = await verifyRegistration(answer, origin);
    if (!credential) return await refuse(c, { problems: {}, problem: t.passkey.wrong }, true);
    const known = await listPasskeys(db, session.userId);
    if (known.length >= MAX_PASSKEYS) return await refuse(c, { problems: {}, problem: t.methods.tooManyPasskeys });
    if (await findPasskey(db, credential.id)) return await refuse(c, { problems: {}, problem: t.passkey.known }, true);

    let isAdded = false;
    const again = await changeMethod(c, {
      event: "authn_method_added",
      method: "passkey",
      async apply(change) {
        const changed = await addPasskey(db, change, { ...credential, name: name.data }, answer);
        isAdded = changed?.isAdded ?? false;
        return changed;
      },
      again: showAdding,
    });
    if (again) return again;
    if (!isAdded) return await refuse(c, { problems: {}, problem: t.passkey.late }, true);
    leaveNotice(c, "passkey_added");
    return c.redirect(paths.methods, 303);
  },
);

passkeys.get(RENAME, requireSession, (c) => showRenaming(c));

passkeys.post(
  RENAME,
  requireCsrf((c, _, problem) => showRenaming(c, { problem, problems: {} })),
  requireSession,
  async (c) => {
    const { options: { db }, texts: t } = c.var;
    const { passkey: { id } } = await findNamed(c);
    const name = Name.safeParse((await readForm(c)).name);
    if (!name.success) {
      c.status(422);
      return await showRenaming(c, { problems: { name: say(name.error.issues[0]!.message, t) } });
    }
    return await changeAndSay(c, {
      event: "user_updated",
      method: "passkey",
      apply: (change) => renamePasskey(db, change, { id, name: name.data }),
      again: showRenaming,
    }, "passkey_renamed");
  },
);

passkeys.get(REMOVE, requireSession, (c) => showRemoval(c));

passkeys.post(
  REMOVE,
  requireCsrf((c, _, problem) => showRemoval(c, { problem, problems: {} })),
  requireSession,
  async (c) => {
    const { options: { db, requiresSecondFactor }, texts: t } = c.var;
    const { passkey: { id }, isLast } = await findNamed(c);
    if (requiresSecondFactor && isLast) {
      c.status(422);
      return await showRemoval(c, { problem: t.methods.removeRequired, problems: {} });
    }
    return await changeAndSay(c, {
      event: "authn_method_removed",
      method: "passkey",
      apply: (change) => removePasskey(db, change, id),
      again: showRemoval,
    }, "passkey_removed");
  },
);

async function refuse(c: Context<Env>, unconfirmed: Unconfirmed, isUsedUp = false) {
  c.status(422);
  return await showAdding(c, unconfirmed, isUsedUp);
}

/** Shows the answer that the form sent, unless it is used up, so that nobody has to make another passkey after a mistyped password. */
async function showAdding(c: Context<Env>, unconfirmed?: Unconfirmed, isUsedUp = false) {
  const { options: { db, origin }, session, texts: t } = c.var;
  if (!canHavePasskeys(origin)) throw notFound();
  const options = await askForNewPasskey(c, await listPasskeys(db, session.userId));
  if (options === null) throw notFound();
  const typed = c.req.method === "POST" ? await readForm(c) : null;
  const isGood = !isUsedUp &&
    await checkChallenge(c, readRegistration(typed?.credential ?? ""), registrationUse(c)) !== null;
  const { device } = await c.var.visitor();
  const props = {
    options,
    credential: isGood ? typed?.credential ?? "" : "",
    name: typed?.name ?? deviceName(device, t).slice(0, LONGEST_NAME),
    closesOthers: typed === null || typed.close_others === "yes",
  };
  const title = t.methods.addPasskey;
  const page = (confirmation: Parameters<typeof AddPasskeyPage>[0]["confirmation"]) => (
    <AddPasskeyPage {...props} {...{ confirmation }} />
  );
  return await showChange(c, title, page, unconfirmed, true);
}

async function showRenaming(c: Context<Env>, unconfirmed?: Unconfirmed) {
  const { texts: t } = c.var;
  const { passkey } = await findNamed(c);
  const name = c.req.method === "POST" ? (await readForm(c)).name ?? "" : passkey.name;
  return await showChange(
    c,
    t.methods.renameTitle,
    (confirmation) => <RenamePasskeyPage id={passkey.id} {...{ name, confirmation }} />,
    unconfirmed,
  );
}

async function showRemoval(c: Context<Env>, unconfirmed?: Unconfirmed) {
  const { texts: t } = c.var;
  const { passkey, isLast } = await findNamed(c);
  return await showChange(
    c,
    t.methods.removePasskeyTitle,
    (confirmation) => <RemovePasskeyPage {...{ passkey, isLast, confirmation }} />,
    unconfirmed,
  );
}

/** The passkey that the path names; another account's is as unknown as one that never was. */
async function findNamed(c: Context<Env>): Promise<{ passkey: Methods["passkeys"][number]; isLast: boolean }> {
  const { options: { db }, session } = c.var;
  const methods = await listMethods(db, session.userId);
  const passkey = methods.passkeys.find(({ id }) => id === c.req.param("id"));
  if (!passkey) throw notFound();
  return { passkey, isLast: methods.authenticator === null && methods.passkeys.length === 1 };
}
