import assert from "node:assert/strict";
import { newTotpSecret, stepOf, totpUri } from "../credentials/totp.ts";
import { codeAt } from "./second_factor.ts";

/** "12345678901234567890" in ASCII. */
const RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

Deno.test("codes are those of RFC 6238, appendix B, for SHA-1, with six digits of its eight", () => {
  const vectors = [
    [59, "94287082"],
    [1_111_111_109, "07081804"],
    [1_111_111_111, "14050471"],
    [1_234_567_890, "89005924"],
    [2_000_000_000, "69279037"],
    [20_000_000_000, "65353130"],
  ] as const;

  for (const [seconds, code] of vectors) {
    assert.equal(stepOf(code.slice(-6), RFC_SECRET, seconds * 1_000), Math.floor(seconds / 30), code);
    assert.equal(codeAt(RFC_SECRET, seconds * 1_000), code.slice(-6));
  }
});

// ASVS 6.5.5, 6.5.8
Deno.test("a code is right in its step of 30 seconds and the two beside it, to the millisecond", () => {
  const [step, code] = [37_037_036, "081804"];
  const start = step * 30_000;

  const at = (milliseconds: number) => stepOf(code, RFC_SECRET, start + milliseconds);
  assert.deepEqual([at(-30_001), at(-30_000), at(-1)], [null, step, step]);
  assert.deepEqual([at(0), at(29_999)], [step, step]);
  assert.deepEqual([at(30_000), at(59_999), at(60_000)], [step, step, null]);
});

Deno.test("what isn't six digits is no code", () => {
  for (const wrong of ["", "81804", "0081804", "94287082", "08180４", "-81804", " 81804", "0x1404", "1e1000"]) {
    assert.equal(stepOf(wrong, RFC_SECRET, 1_111_111_109_000), null, wrong);
  }
});

Deno.test({
  name: "oathtool's codes are right at both edges of a step",
  ignore: !isInstalled(),
  async fn() {
    for (let i = 0; i < 8; i++) {
      const secret = RFC_SECRET.slice(i) + RFC_SECRET.slice(0, i);
      const step = 59_000_000 + i * 12_345;
      const [first, last] = [step * 30, step * 30 + 29];
      for (const seconds of [first, last]) {
        const code = await oathtool(secret, seconds);
        assert.equal(stepOf(code, secret, first * 1_000), step);
        assert.equal(stepOf(code, secret, last * 1_000 + 999), step);
        assert.equal(stepOf(code, secret, (first - 30) * 1_000), step);
        assert.equal(stepOf(code, secret, (last + 30) * 1_000 + 999), step);
        assert.equal(stepOf(code, secret, (first - 31) * 1_000), null);
        assert.equal(stepOf(code, secret, (last + 31) * 1_000), null);
      }
    }
  },
});

// ASVS 6.5.3
Deno.test("a secret has 160 random bits, and its address says what apps need", () => {
  const secrets = new Set(Array.from({ length: 100 }, newTotpSecret));
  assert.equal(secrets.size, 100);
  for (const secret of secrets) assert.match(secret, /^[A-Z2-7]{32}$/);

  const url = new URL(totpUri(RFC_SECRET, "marta+l'Hospitalet@example.com", "Acme: Hosting & more"));
  assert.deepEqual([url.protocol, url.host || url.pathname.split("/")[2]], ["otpauth:", "totp"]);
  const { searchParams } = url;
  assert.deepEqual(
    ["secret", "algorithm", "digits", "period", "issuer"].map((name) => searchParams.get(name)),
    [RFC_SECRET, "SHA1", "6", "30", "Acme: Hosting & more"],
  );
  assert.match(decodeURIComponent(url.pathname), /marta\+l'Hospitalet@example\.com$/);
});

async function oathtool(secret: string, seconds: number): Promise<string> {
  const args = ["--totp", "--base32", `--now=@${seconds}`, secret];
  const { stdout } = await new Deno.Command("oathtool", { args }).output();
  return new TextDecoder().decode(stdout).trim();
}

function isInstalled(): boolean {
  try {
    return new Deno.Command("oathtool", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}
