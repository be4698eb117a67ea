import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { createSender, type SenderOptions } from "../mail/sender.ts";
import type { AppOptions } from "../http/env.ts";
import { ORIGIN, startApp } from "./app.ts";

export const MAIL_FROM = { name: "Control panel", address: "panel@example.com" };

/** A message as its receiver's program reads it, with the addresses that the envelope named. */
export type Received = ParsedMail & { from: { address: string }[]; to: { address: string }[]; recipients: string[] };

/** Starts a mail server on the loopback that keeps what it gets. `faults` replace its handlers. */
export async function startMailServer(faults: SMTPServerOptions = {}) {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, session, callback) {
      simpleParser(stream).then((mail) => {
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        received.push(Object.assign(mail, { recipients }) as Received);
        callback();
      }, callback);
    },
    ...faults,
  });
  // A client that leaves in the middle, as a fault makes it.
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    received,
    url: new URL(`smtp://127.0.0.1:${port}`),
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

/** Starts the app as `startApp`, with a mail server that keeps what it gets. A request of a `Browser` waits until its mail was sent. */
export async function startWithMail(
  { faults = {}, timeout, ...changes }: Partial<AppOptions> & { faults?: SMTPServerOptions; timeout?: number } = {},
) {
  const server = await startMailServer(faults);
  const mail = { wake: () => {} };
  const site = await startApp({ ...changes, mail });
  const options: SenderOptions = {
    db: site.db,
    server: { url: server.url, from: MAIL_FROM, ...(timeout !== undefined && { timeout }) },
    origin: changes.origin ?? new URL(ORIGIN),
    now: () => site.clock.now,
    log: site.write,
    waitUntil: site.waitUntil,
    ...(changes.brand !== undefined && { brand: changes.brand }),
    ...(changes.base !== undefined && { base: changes.base }),
  };
  Object.assign(mail, createSender(options));
  return {
    ...site,
    /** What came, the oldest first. */
    received: server.received,
    mailUrl: server.url,
    /** Sends what is due now, as the timer of a running server does. */
    async sendMail() {
      mail.wake();
      await site.settled();
    },
    [Symbol.asyncDispose]: server[Symbol.asyncDispose],
  };
}

/** The links in a message, as paths of this site. */
export function linksIn({ text = "" }: Received): string[] {
  return (text.match(/https?:\S+/g) ?? []).map((link) => link.slice(new URL(link).origin.length));
}
