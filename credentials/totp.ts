import { Secret, TOTP } from "otpauth";

/** RFC 6238, as every authenticator app has it: SHA-1, six digits, 30 seconds. */
const PERIOD = 30;
const DIGITS = 6;
/** In bytes (RFC 4226, 4). */
const SECRET_LENGTH = 20;
/** How many steps a clock may be off, either way. */
const WINDOW = 1;

/** Makes a secret, as base32. */
export function newTotpSecret(): string {
  return new Secret({ size: SECRET_LENGTH }).base32;
}

/** The step in which a code is right, of the current one and its neighbours; `null` if it is wrong. */
export function stepOf(code: string, secret: string, now: number): number | null {
  if (!new RegExp(`^\\d{${DIGITS}}$`).test(code)) return null;
  const delta = totpOf(secret).validate({ token: code, timestamp: now, window: WINDOW });
  return delta === null ? null : Math.floor(now / 1000 / PERIOD) + delta;
}

/** The address that an app reads from the QR code. */
export function totpUri(secret: string, email: string, brand: string): string {
  return totpOf(secret, { issuer: brand, label: email }).toString();
}

function totpOf(secret: string, names: { issuer?: string; label?: string } = {}): TOTP {
  return new TOTP({ ...names, secret: Secret.fromBase32(secret), algorithm: "SHA1", digits: DIGITS, period: PERIOD });
}
