import { clearTimeout, setTimeout } from "node:timers";
import { addMailedLink, removeLink } from "../db/accounts/links.ts";
import type { Db } from "../db/database.ts";
import { findOrigin } from "../db/mail/origins.ts";
import {
  type Claim,
  claimMail,
  endMail,
  findNextDue,
  findRecipient,
  holdMail,
  type Mail,
  MAIL_LINKS,
  type Recipient,
  retryMail,
  wasHeld,
} from "../db/mail/outbox.ts";
import { digestOf } from "../db/sessions.ts";
import { createLog, describeError, type Log } from "../http/log.ts";
import { within } from "../http/paths.ts";
import { type Letter, writeMessage, writeSummary, type Written } from "./messages.ts";
import { createTransport, type MailServer, NotSent, type Send } from "./transport.ts";

/** How often the outbox is checked without `wake`, in milliseconds: other instances and commands write to it too. */
const INTERVAL = 60_000;
/** For errors that don't come from the mail server. */
const UNKNOWN = { code: "unknown", status: null, mayBeSent: true };

type Settings = {
  db: Db;
  server: MailServer;
  /** The public scheme, host and port. */
  origin: URL;
  now: () => number;
  log: Log;
  /** Receives work that never rejects, to finish before the process ends. */
  waitUntil: (work: Promise<void>) => void;
  /** The area's base. */
  base?: string;
  /** The panel's name; by default "Control panel" in the owner's language. */
  brand?: string;
};

/** The clock, the log and `waitUntil` have defaults. */
export type SenderOptions = Pick<Settings, "db" | "server" | "origin"> & Partial<Settings>;

/** Creates the sender of the outbox's mail. `wake` sends once the answer is on its way; `start` sends now, and then at least once a minute. */
export function createSender(given: SenderOptions): { wake: () => void; start: () => void } {
  const options = { now: Date.now, log: createLog(console.log, Date.now), waitUntil: () => {}, ...given };
  const { now, log, waitUntil } = options;
  const send = createTransport(options.server, options.origin.hostname);
  let isRunning = false;
  let isWoken = false;
  let hasTimer = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function wake(): void {
    isWoken = true;
    if (!isRunning) waitUntil(run());
  }

  async function run(): Promise<void> {
    isRunning = true;
    let next: number | null = null;
    try {
      while (isWoken) {
        isWoken = false;
        await new Promise((resolve) => setTimeout(resolve));
        next = await sendDue(options, send);
      }
    } catch (error) {
      log("sys_crash", { part: "mail", error: describeError(error) });
    } finally {
      isRunning = false;
    }
    if (!hasTimer) return;
    clearTimeout(timer);
    timer = setTimeout(wake, Math.max(0, Math.min(INTERVAL, (next ?? Infinity) - now())));
    timer.unref();
  }

  return {
    wake,
    start() {
      hasTimer = true;
      wake();
    },
  };
}

/** Sends what is due, one mail at a time. Returns when the next mail is due; `null` if there is none. */
async function sendDue(options: Settings, send: Send): Promise<number | null> {
  const { db, now } = options;
  while (true) {
    const due = await findNextDue(db);
    if (due === null || due > now()) return due;
    const claim = await claimMail(db, now());
    if (claim) await within(options.base ?? "", () => sendNext(options, send, claim));
  }
}

/** Sends one mail of a claim and releases the rest. Puts all of it off if the account's mails for this hour are used up. */
async function sendNext(options: Settings, send: Send, claim: Claim): Promise<void> {
  const { db, now, origin, brand } = options;
  const { mails, mails: [first] } = claim;
  const found = await findRecipient(db, first.userId, now());
  if (!found || isOutdated(first, found.user)) return await endMail(db, mails, false, now());

  const { user, left, nextHour } = found;
  const letter = { user, origin, brand };
  if (MAIL_LINKS[first.event]) return await sendLink(options, send, claim, letter);
  if (left <= 0) return await holdMail(db, claim, mails, nextHour);
  const isSummary = mails.length > left || mails.length > 1 && mails.some(wasHeld);
  if (isSummary) {
    return void await deliver(options, send, claim, { mails, to: user.email, ...writeSummary(letter, mails) });
  }

  const rest = mails.slice(1);
  if (rest.length > 0) await holdMail(db, claim, rest);
  const message = writeMessage(letter, first, await findOrigin(db, first), null);
  await deliver(options, send, claim, { mails: [first], to: user.email, ...message });
}

async function sendLink(options: Settings, send: Send, claim: Claim, letter: Letter): Promise<void> {
  const { db, now } = options;
  const { mails: [mail] } = claim;
  const { event, about, recipient, happenedAt } = mail;
  const link = about === null ? MAIL_LINKS[event] : undefined;
  const since = event === "email_changed" ? happenedAt : now();
  const to = recipient ?? letter.user.email;
  const token = link ? await addMailedLink(db, { mail, to, purpose: link.purpose, expiresAt: since + link.age }) : null;
  // Cancelled since the claim, or now for another address, which gets it after the claim ends.
  if (link && token === null) return;
  const message = writeMessage(letter, mail, null, token);
  const outcome = await deliver(options, send, claim, { mails: [mail], to, ...message });
  // Otherwise links that never arrived would push out those that did.
  if (token !== null && outcome === "not sent") await removeLink(db, token);
}

type Delivery = Written & { mails: Mail[]; to: string };

/** Sends mail, then removes it from the outbox. If that fails it is tried again for a day. */
async function deliver(
  { db, now, log }: Settings,
  send: Send,
  claim: Claim,
  { mails, to, ...written }: Delivery,
): Promise<"sent" | "not sent" | "unknown"> {
  // The same id when it is sent again, so that mail programs show it once.
  const ids = mails.map(({ id }) => id);
  try {
    await send({ id: ids.length === 1 ? ids.join() : digestOf(ids.join()), to, ...written });
  } catch (error) {
    const removed = await retryMail(db, claim, mails, now());
    const [{ userId: user, event }] = claim.mails;
    const { code, status, mayBeSent } = error instanceof NotSent ? error : UNKNOWN;
    if (!(error instanceof NotSent)) log("sys_crash", { part: "mail", error: describeError(error) });
    log("mail_failed", { user, mail: event, count: mails.length, code, status });
    if (removed.length > 0) log("mail_given_up", { user, mail: event, count: removed.length });
    return mayBeSent ? "unknown" : "not sent";
  }
  await endMail(db, mails, MAIL_LINKS[claim.mails[0].event] === undefined, now());
  return "sent";
}

function isOutdated({ event, recipient }: Mail, { disabledAt, pendingEmail }: Recipient): boolean {
  if (event === "forgotten") return disabledAt !== null;
  return event === "email_requested" && (disabledAt !== null || pendingEmail !== recipient);
}
