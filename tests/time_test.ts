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
    assert.equal(withoutOffset(at, zone), byIntl(at, zone));
  }));
  // Madrid's clocks change at 01:00 UTC, Lord Howe's by half an hour; Apia had no 30 December 2011.
  for (let quarter = 0; quarter < 96 * 2; quarter++) {
    const [spring, autumn] = [Date.UTC(2026, 2, 28, 12), Date.UTC(2026, 9, 24, 12)].map((at) => at + quarter * 900_000);
    assert.equal(withoutOffset(spring!, "Europe/Madrid"), byIntl(spring!, "Europe/Madrid"));
    assert.equal(withoutOffset(autumn!, "Europe/Madrid"), byIntl(autumn!, "Europe/Madrid"));
    const howe = Date.UTC(2026, 3, 4) + quarter * 900_000;
    assert.equal(withoutOffset(howe, "Australia/Lord_Howe"), byIntl(howe, "Australia/Lord_Howe"));
    const apia = Date.UTC(2011, 11, 29) + quarter * 900_000;
    assert.equal(withoutOffset(apia, "Pacific/Apia"), byIntl(apia, "Pacific/Apia"));
  }
});

Deno.test("a time that came twice, because clocks went back, has its offset", () => {
  const inMadrid = (minutes: number) =>
    formatTime(Date.UTC(2026, 9, 25) + minutes * 60_000, "Europe/Madrid", textsOf("en"));

  assert.equal(inMadrid(-1), "25 Oct 2026, 01:59");
  assert.equal(inMadrid(0), "25 Oct 2026, 02:00 (+02:00)");
  assert.equal(inMadrid(59), "25 Oct 2026, 02:59 (+02:00)");
  assert.equal(inMadrid(60), "25 Oct 2026, 02:00 (+01:00)");
  assert.equal(inMadrid(119), "25 Oct 2026, 02:59 (+01:00)");
  assert.equal(inMadrid(120), "25 Oct 2026, 03:00");
  assert.equal(formatTime(Date.UTC(2026, 2, 29, 1, 30), "Europe/Madrid", textsOf("en")), "29 Mar 2026, 03:30");
  const onLordHowe = formatTime(Date.UTC(2026, 3, 4, 14, 45), "Australia/Lord_Howe", textsOf("en"));
  assert.equal(onLordHowe, "5 Apr 2026, 01:45 (+11:00)");
});

Deno.test("two different moments never read alike", () => {
  const quarter = fc.integer({ min: 0, max: 4 * 24 * 366 });
  fc.assert(fc.property(quarter, quarter, fc.constantFrom(...ZONES.slice(0, 5)), (a, b, zone) => {
    const read = (quarters: number) => formatTime(Date.UTC(2026, 0, 1) + quarters * 900_000, zone, textsOf("en"));
    assert.equal(read(a) === read(b), a === b);
  }));
  const changes = Array.from(
    { length: 96 },
    (_, i) => formatTime(Date.UTC(2026, 9, 24, 12) + i * 900_000, "Europe/Madrid", textsOf("en")),
  );
  assert.equal(new Set(changes).size, 96);
});

Deno.test("isoTime agrees with Date", () => {
  fc.assert(fc.property(fc.integer({ min: -8e12, max: 2e14 }), (at) => {
    assert.equal(isoTime(at), new Date(at).toISOString());
  }));
});

function withoutOffset(at: number, zone: string): string {
  return formatTime(at, zone, textsOf("en")).replace(/ \([+-]\d\d:\d\d\)$/, "");
}

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
