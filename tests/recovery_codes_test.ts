import assert from "node:assert/strict";
import { hashRecoveryCode, newRecoveryCodes, readRecoveryCode } from "../credentials/recovery_codes.ts";

// ASVS 6.5.2, 6.5.3, 6.5.4
Deno.test("recovery codes are of at least 112 random bits: each place takes each of 32 characters", () => {
  const codes = Array.from({ length: 50 }, newRecoveryCodes).flat();

  assert.equal(new Set(codes).size, 500);
  const letters = codes.map((code) => code.replaceAll("-", ""));
  assert.deepEqual([...new Set(letters.map(({ length }) => length))], [24]);
  assert.ok(24 * Math.log2(32) >= 112);
  for (let place = 0; place < 24; place++) assert.equal(new Set(letters.map((code) => code[place])).size, 32);
});

Deno.test("a recovery code is read however it was typed, and nothing else is one", () => {
  const code = "0123ab-cdefgh-jkmnpq-rstvwx";

  for (const typed of [code, code.toUpperCase(), code.replaceAll("-", ""), ` ${code.replaceAll("-", " - ")}\n`]) {
    assert.equal(readRecoveryCode(typed), code);
  }
  assert.equal(readRecoveryCode("OIL3ab-cdefgh-jkmnpq-rstvwx"), "0113ab-cdefgh-jkmnpq-rstvwx");
  for (const wrong of ["", "123456", code.slice(1), `${code}0`, code.replace("a", "u"), code.replace("a", "ä")]) {
    assert.equal(readRecoveryCode(wrong), null, wrong);
  }
  assert.equal(hashRecoveryCode(code).length, 43);
});
