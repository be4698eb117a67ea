import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";

/**
 * A csrf value for one form of one answer: a random pad, then the value XORed with it. No two answers contain the same bytes, so that the
 * size of compressed pages reveals nothing of the value (BREACH). Never call it for something that is cached.
 */
export function maskCsrf(csrf: string): string {
  const value = Buffer.from(csrf, "base64url");
  const masked = Buffer.allocUnsafe(2 * value.length);
  crypto.getRandomValues(masked.subarray(0, value.length));
  for (const [i, byte] of value.entries()) masked[value.length + i] = byte ^ masked[i]!;
  return masked.toString("base64url");
}

/**
 * Whether a form's value is the expected one, masked or not. Unmasked, it comes from a page that was open while the program was upgraded;
 * it proves as much, because the mask hides the value only in answers.
 */
export function isCsrf(sent = "", expected = ""): boolean {
  const value = Buffer.from(expected, "base64url");
  const bytes = /^[\w-]+$/.test(sent) ? Buffer.from(sent, "base64url") : Buffer.alloc(0);
  const unmasked = bytes.length === 2 * value.length ? unmask(bytes) : bytes;
  return value.length > 0 && unmasked.length === value.length && timingSafeEqual(unmasked, value);
}

function unmask(bytes: Uint8Array): Uint8Array {
  const length = bytes.length / 2;
  return Uint8Array.from({ length }, (_, i) => bytes[i]! ^ bytes[length + i]!);
}
