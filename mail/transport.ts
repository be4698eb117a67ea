import type { Transporter } from "nodemailer";
import { isLoopback } from "../http/origins.ts";

/** A mail server, and the sender's address. */
export type MailServer = {
  /** `smtps://user:password@host` for TLS from the start (port 465), `smtp:` for STARTTLS (port 587). Percent-encode user and password. */
  url: URL;
  from: { name: string; address: string };
  /** Trusted certificates in PEM, in place of the system's. */
  ca?: string;
  /** How long connecting and the greeting may each take, in milliseconds; any later silence may take twice as long. */
  timeout?: number;
};

export type Message = { id: string; to: string; subject: string; text: string };

/** Sends one message; throws `NotSent` if the server can't be reached or refuses it. */
export type Send = (message: Message) => Promise<void>;

/** A failure for the log, without the server's own words, which may contain the address. */
export class NotSent extends Error {
  override name = "NotSent";

  constructor(
    readonly code: string,
    readonly status: number | null,
    /** Whether the server may have accepted the message all the same. */
    readonly mayBeSent: boolean,
  ) {
    super(`Cannot send mail: ${code}${status === null ? "" : ` (${status})`}`);
  }
}

const TIMEOUT = 15_000;
/** For a whole message, in milliseconds; shorter than `CLAIM`. A slow server may send a byte every now and then. */
const DEADLINE = 60_000;

/** Loads nodemailer at the first message, so that starting doesn't wait for it. `host` is this program's name in the greeting. */
export function createTransport({ url, from, ca, timeout = TIMEOUT }: MailServer, host: string): Send {
  let transporter: Promise<Transporter> | undefined;

  async function open(): Promise<Transporter> {
    const [{ createTransport }, { connect }] = await Promise.all([import("nodemailer"), import("node:net")]);
    const secure = url.protocol === "smtps:";
    const address = { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || (secure ? 465 : 587)) };
    return createTransport({
      ...address,
      // Nodemailer looks the address up and connects to that, but Deno's permission is for the name.
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
        // An object is one address, whatever it contains.
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

/** Errors that may also come after the server has the whole message but before it says so. */
const AMBIGUOUS = ["ECONNECTION", "ECONNRESET", "EPIPE", "SOCKET_TIMEOUT", "EABORT"];
