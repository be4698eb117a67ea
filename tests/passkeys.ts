import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { paths } from "../http/paths.ts";
import { type Browser, PASSWORD, type Reply } from "./app.ts";
import { startWithKey } from "./second_factor.ts";

/** Passkeys need a host with a name. */
export const SITE = "http://localhost:8000";

/** Starts with a signed-in owner where passkeys can be added. */
export function startWithPasskeys(changes: Parameters<typeof startWithKey>[0] = {}) {
  return startWithKey({ origin: new URL(SITE), ...changes });
}

type CreationOptions = { challenge: string; rp: { id: string }; user: { id: string } };
type RequestOptions = { challenge: string; rpId: string; allowCredentials: { id: string }[] };

/** What an answer may lie about. */
export type Lies = {
  origin?: string;
  rpId?: string;
  type?: string;
  challenge?: string;
  counter?: number;
  isVerified?: boolean;
  userHandle?: string;
  id?: string;
  crossOrigin?: boolean;
};

const FLAGS = { present: 0x01, verified: 0x04, canBackUp: 0x08, isBackedUp: 0x10, hasCredential: 0x40 };

/** An authenticator as software, with one resident passkey (Web Authentication, 6). */
export class Authenticator {
  readonly id = randomBytes(32).toString("base64url");
  counter = 0;
  private userHandle = "";
  private readonly keys = newKeys();

  constructor(private readonly isBackedUp = false, private readonly origin = SITE) {}

  /** A copy of it, which counts on by itself. */
  clone(): Authenticator {
    return Object.assign(new Authenticator(this.isBackedUp, this.origin), this);
  }

  /** Claims to be it, with another key. */
  impostor(): Authenticator {
    return Object.assign(this.clone(), { keys: newKeys() });
  }

  create({ challenge, rp, user }: CreationOptions, lies: Lies = {}): string {
    this.userHandle = user.id;
    const { x, y } = this.keys.publicKey.export({ format: "jwk" });
    const id = Buffer.from(lies.id ?? this.id, "base64url");
    const key = cbor(
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x!, "base64url")],
        [-3, Buffer.from(y!, "base64url")],
      ]),
    );
    const credential = Buffer.concat([Buffer.alloc(16), uint16(id.length), id, key]);
    const authData = Buffer.concat([this.authenticatorData(rp.id, FLAGS.hasCredential, lies), credential]);
    const attestation = cbor(
      new Map<string, unknown>([["fmt", "none"], ["attStmt", new Map()], ["authData", authData]]),
    );
    return JSON.stringify({
      ...{ id: id.toString("base64url"), rawId: id.toString("base64url"), type: "public-key" },
      response: {
        clientDataJSON: clientData("webauthn.create", challenge, { origin: this.origin, ...lies }).toString(
          "base64url",
        ),
        attestationObject: attestation.toString("base64url"),
        transports: ["internal", "hybrid"],
      },
      clientExtensionResults: { credProps: { rk: true } },
      authenticatorAttachment: "platform",
    });
  }

  get({ challenge, rpId }: RequestOptions, lies: Lies = {}): string {
    this.counter++;
    const authData = this.authenticatorData(rpId, 0, lies);
    const client = clientData("webauthn.get", challenge, { origin: this.origin, ...lies });
    const signed = Buffer.concat([authData, createHash("sha256").update(client).digest()]);
    const id = lies.id ?? this.id;
    return JSON.stringify({
      ...{ id, rawId: id, type: "public-key" },
      response: {
        clientDataJSON: client.toString("base64url"),
        authenticatorData: authData.toString("base64url"),
        signature: sign("sha256", signed, this.keys.privateKey).toString("base64url"),
        userHandle: lies.userHandle ?? this.userHandle,
      },
      clientExtensionResults: {},
    });
  }

  private authenticatorData(rpId: string, flags: number, { isVerified = true, counter, ...lies }: Lies): Buffer {
    const all = flags | FLAGS.present | (isVerified ? FLAGS.verified : 0) |
      (this.isBackedUp ? FLAGS.canBackUp | FLAGS.isBackedUp : 0);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter ?? this.counter);
    return Buffer.concat([createHash("sha256").update(lies.rpId ?? rpId).digest(), Buffer.from([all]), count]);
  }
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function clientData(type: string, challenge: string, lies: Lies): Buffer {
  const { origin = SITE, crossOrigin = false } = lies;
  return Buffer.from(
    JSON.stringify({ type: lies.type ?? type, challenge: lies.challenge ?? challenge, origin, crossOrigin }),
  );
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

/** The little of CBOR (RFC 8949) that an authenticator writes. */
function cbor(value: unknown): Buffer {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  const entries = [...value as Map<unknown, unknown>];
  return Buffer.concat([head(5, entries.length), ...entries.flatMap((pair) => pair.map(cbor))]);
}

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([major << 5 | count]);
  return count < 256 ? Buffer.from([major << 5 | 24, count]) : Buffer.from([major << 5 | 25, count >> 8, count & 255]);
}

/** The options that a page has for its script. */
export function optionsIn(page: Reply, selector = "#passkey"): RequestOptions {
  return JSON.parse(page.$(selector).attr("data-passkey") ?? assert.fail(`No options in ${page.$("main").text()}`));
}

/** Adds a passkey as its owner does. */
export async function addPasskey(
  here: Browser,
  { authenticator = new Authenticator(), name = "Laptop", ...fields }: {
    authenticator?: Authenticator;
    name?: string;
    password?: string;
  } = {},
): Promise<Authenticator> {
  const page = await here.get(paths.passkeys);
  const credential = authenticator.create(JSON.parse(page.$("#new-passkey").attr("data-passkey")!));
  const added = await here.submit(paths.passkeys, { name, credential, password: PASSWORD, ...fields });
  assert.equal(added.status, 303, added.$("main").text());
  return authenticator;
}

/** Signs in as the script does: by the sign-in page's form for passkeys. */
export async function signInByPasskey(browser: Browser, authenticator: Authenticator, lies: Lies = {}): Promise<Reply> {
  const page = await browser.get(paths.signIn);
  return await sendPasskey(browser, authenticator.get(optionsIn(page), lies));
}

export function sendPasskey(browser: Browser, passkey: string): Promise<Reply> {
  return browser.post(paths.passkey, {
    csrf: browser.cookies.get("form") ?? browser.cookies.get("__Host-form") ?? "",
    passkey,
    time_zone: "Europe/Madrid",
  });
}
