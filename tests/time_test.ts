import assert from "node:assert/strict";
import fc from "fast-check";
import { textsOf } from "../words/texts.ts";
import { formatTime, isoTime } from "../words/time.ts";

const ZONES = [
  "UTC",
  "Europe/Madrid",
  "America/New_York",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Asia/Kathmandu",
];
const time = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });

Deno.test("formatTime agrees with Intl in every zone, also when the clocks change", () => {
  fc.assert(fc.property(time, fc.constantFrom(...ZONES), (at, zone) => {
    assert.equal(formatTime(at, zone, textsOf("en")), byIntl(at, zone));
  }));
  // Madrid's clocks change at 01:00 UTC, Lord Howe's by half an hour; Apia had no 30 December 2011.
  for (let quarter = 0; quarter < 96 * 2; quarter++) {
    const [spring, autumn] = [Date.UTC(2026, 2, 28, 12), Date.UTC(2026, 9, 24, 12)].map((at) => at + quarter * 900_000);
    assert.equal(formatTime(spring!, "Europe/Madrid", textsOf("en")), byIntl(spring!, "Europe/Madrid"));
    assert.equal(formatTime(autumn!, "Europe/Madrid", textsOf("en")), byIntl(autumn!, "Europe/Madrid"));
    const howe = Date.UTC(2026, 3, 4) + quarter * 900_000;
    assert.equal(formatTime(howe, "Australia/Lord_Howe", textsOf("en")), byIntl(howe, "Australia/Lord_Howe"));
    const apia = Date.UTC(2011, 11, 29) + quarter * 900_000;
    assert.equal(formatTime(apia, "Pacific/Apia", textsOf("en")), byIntl(apia, "Pacific/Apia"));
  }
});

Deno.test("isoTime agrees with Date", () => {
  fc.assert(fc.property(fc.integer({ min: -8e12, max: 2e14 }), (at) => {
    assert.equal(isoTime(at), new Date(at).toISOString());
  }));
});

function byIntl(at: number, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: zone,
  }).format(at);
}
