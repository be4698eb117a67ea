import type { Transporter } from "nodemailer";
import { isLoopback } from "../http/origins.ts";

/** A mail server, and as whom to send. */
export type MailServer = {
  /** `smtp:` or `smtps:`, with user and password if the server asks for them. */
  url: URL;
  from: { name: string; address: string };
  /** The certificates that are trusted, in place of the system's. */
  ca?: string;
  /** How long connecting and the greeting may take, and half of any silence after that, in milliseconds. */
  timeout?: number;
};

export type Message = { id: string; to: string; subject: string; text: string };

/** Sends one message; throws `NotSent` if the server can't be reached or refuses it. */
export type Send = (message: Message) => Promise<void>;

/** For the log: without the server's own words, which may have the address in them. */
export class NotSent extends Error {
  override name = "NotSent";

  constructor(
    readonly code: string,
    readonly status: number | null,
    /** Whether the server may have accepted it nevertheless. */
    readonly mayBeSent: boolean,
  ) {
    super(`Cannot send mail: ${code}${status === null ? "" : ` (${status})`}`);
  }
}

const TIMEOUT = 15_000;
/** For the whole of a message, in milliseconds: less than an instance has for it. A server may go on sending a byte now and then. */
const DEADLINE = 60_000;

/** Loads nodemailer at the first message, so that a start doesn't wait for it. `host` is how this program names itself to the server. */
export function createTransport({ url, from, ca, timeout = TIMEOUT }: MailServer, host: string): Send {
  let transporter: Promise<Transporter> | undefined;

  async function open(): Promise<Transporter> {
    const [{ createTransport }, { connect }] = await Promise.all([import("nodemailer"), import("node:net")]);
    const secure = url.protocol === "smtps:";
    const address = { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || (secure ? 465 : 587)) };
    return createTransport({
      ...address,
      // Nodemailer would connect to an address that it looked up itself: Deno's permission is for the name.
      getSocket(_, callback) {
        const connection = connect(address);
        connection.setTimeout(timeout, () => connection.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })));
        connection.once("error", callback);
        connection.once("connect", () => {
          connection.setTimeout(0);
          connection.removeListener("error", callback);
          callback(null, { connection });
        });
      },
      name: host,
      secure,
      ...(isLoopback(url.hostname) ? { ignoreTLS: true } : { requireTLS: true }),
      ...(url.username !== "" && {
        auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
      }),
      ...(ca !== undefined && { tls: { ca } }),
      ...{ connectionTimeout: 2 * timeout, greetingTimeout: timeout, socketTimeout: 2 * timeout },
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
  }

  return async ({ id, to, subject, text }) => {
    const opened = await (transporter ??= open());
    try {
      await opened.sendMail({
        from,
        // As an object it is one address, whatever is in it.
        to: { name: "", address: to },
        messageId: `<${id}@${host}>`,
        ...{ subject, text, xMailer: false },
        headers: { "Auto-Submitted": "auto-generated" },
        signal: AbortSignal.timeout(DEADLINE),
      });
    } catch (error) {
      throw readError(error);
    }
  };
}

function readError(error: unknown): NotSent {
  const { code, originalCode = code, responseCode, timeoutType } = error as Record<string, unknown>;
  if (typeof originalCode !== "string") throw error;
  const status = typeof responseCode === "number" ? responseCode : null;
  const isAmbiguous = AMBIGUOUS.some((each) => [code, originalCode, timeoutType].includes(each));
  return new NotSent(originalCode, status, status === null && isAmbiguous);
}

/** What may also happen once the server has the whole message, before it says so. */
const AMBIGUOUS = ["ECONNECTION", "ECONNRESET", "EPIPE", "SOCKET_TIMEOUT", "EABORT"];
