import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import type { AppOptions } from "../http/env.ts";
import { createSender, type SenderOptions } from "../mail/sender.ts";
import { ORIGIN, START, startApp } from "./app.ts";

export const MAIL_FROM = { name: "Control panel", address: "panel@example.com" };

/** A message as its receiver's program reads it, with the addresses that the envelope named. */
export type Received = ParsedMail & { recipients: string[] };

/** Starts a mail server on the loopback that keeps what it gets. `faults` replace its handlers. */
export async function startMailServer(faults: SMTPServerOptions = {}) {
  const received: Received[] = [];
  let arrived = Promise.withResolvers<void>();
  const options: SMTPServerOptions = {
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, session, callback) {
      simpleParser(stream).then((mail) => {
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        received.push(Object.assign(mail, { recipients }));
        arrived.resolve();
        arrived = Promise.withResolvers<void>();
        callback();
      }, callback);
    },
    ...faults,
  };
  const smtp = new SMTPServer({
    ...options,
    onData: (stream, session, callback) => options.onData?.call(smtp, stream, session, callback),
  });
  // A client that leaves in the middle, as a fault makes it.
  smtp.on("error", () => {});
  await new Promise<void>((resolve) => void smtp.listen(0, "0.0.0.0", resolve));
  const address = smtp.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    received,
    /** Waits until there are this many messages. */
    async waitFor(count: number) {
      while (received.length < count) await arrived.promise;
    },
    /** The variables of a process that sends by it. */
    get variables() {
      return { SMTP_URL: this.url.href, MAIL_FROM: "Control panel <panel@example.com>" };
    },
    /** `onData` may be replaced while it runs. */
    options,
    smtp,
    url: new URL(`smtp://127.0.0.1:${port}`),
    /** Cuts every connection. */
    disconnect() {
      for (const connection of smtp.connections) connection._socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => smtp.close(resolve));
    },
  };
}

type MailServer = Awaited<ReturnType<typeof startMailServer>>;

type Changes = Partial<AppOptions> & {
  faults?: SMTPServerOptions;
  /** In place of one that is started, and ended, with the app. */
  server?: MailServer;
};

/** Starts the app as `startApp`, with a mail server that keeps what it gets. A request of a `Browser` waits until its mail was sent. */
export async function startWithMail({ faults = {}, server: given, ...changes }: Changes = {}) {
  const server = given ?? await startMailServer(faults);
  const mail = { wake: () => {} };
  const site = await startApp({ ...changes, mail });
  const options: SenderOptions = {
    db: site.db,
    server: { url: server.url, from: MAIL_FROM },
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
    startedAt: START,
    mail,
    mailUrl: server.url,
    /** What came, the oldest first. */
    received: server.received,
    /** Sends what is due now, as the timer of a running server does. */
    async sendMail() {
      mail.wake();
      await site.settled();
    },
    async [Symbol.asyncDispose]() {
      if (!given) await server[Symbol.asyncDispose]();
    },
  };
}

/** The links in a message, as paths of this site. */
export function linksIn({ text = "" }: Received): string[] {
  return (text.match(/https?:\S+/g) ?? []).map((link) => link.slice(new URL(link).origin.length));
}
