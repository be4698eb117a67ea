import { and, eq, isNull, or } from "drizzle-orm";
import { v7 as uuid } from "uuid";
import type { Db } from "../db/database.ts";
import { learnTraits } from "../db/known.ts";
import { connections, type EndReason, places, refusals, type Verdict } from "../db/schema.ts";
import { readAddress } from "../visitor/addresses.ts";
import type { CountryOf } from "../visitor/countries.ts";
import { readVisitor } from "../visitor/visitor.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The owner's usual addresses and devices. */
const HOME = ["46.16.60.1", "2a0c:5a80:1b08:c00::4", "81.40.12.201"];
const DEVICES = [
  "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
];
/** Addresses and devices they rarely use. */
const ELSEWHERE = [
  "10.4.0.17",
  "193.51.208.14",
  "151.1.1.1",
  "194.65.5.20",
  "2a02:8071:22c5:1a00::7",
  "133.11.0.1",
  "200.160.2.3",
  "8.8.8.8",
  "240.10.20.30",
];
const OTHER_DEVICES = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
  "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "curl/8.14.1",
];
/** Addresses that guess passwords. */
const STRANGERS = ["185.220.101.34", "103.27.9.44", "45.148.10.90", "2001:41d0:303:5a1b::1"];

type Recent = {
  hoursAgo: number;
  lastedHours: number;
  ip: string;
  userAgent: string;
  /** Null if it is open. */
  end: EndReason | null;
  unusual?: string;
  verdict?: Verdict;
  /** Where somebody else uses its cookie. */
  movedTo?: Moved;
};
type Moved = { hoursAgo: number; ip: string; userAgent: string };
type PlaceRow = typeof places.$inferInsert;
type OfConnection = Pick<PlaceRow, "connectionId" | "userId" | "openedAt" | "lastAt">;

/** The last day, which one sees first: every state, several ends, and unusual connections with and without a verdict. */
const RECENT: Recent[] = [
  {
    hoursAgo: 0.6,
    lastedHours: 0.4,
    ip: HOME[0]!,
    userAgent: DEVICES[1]!,
    end: null,
    unusual: "moved_country moved_device",
    movedTo: { hoursAgo: 0.3, ip: STRANGERS[1]!, userAgent: OTHER_DEVICES[4]! },
  },
  {
    hoursAgo: 1.6,
    lastedHours: 0.2,
    ip: "102.89.23.4",
    userAgent: OTHER_DEVICES[3]!,
    end: null,
    unusual: "new_country new_network_and_device",
  },
  { hoursAgo: 5, lastedHours: 4.7, ip: HOME[1]!, userAgent: DEVICES[2]!, end: "closed" },
  { hoursAgo: 7, lastedHours: 1.5, ip: HOME[0]!, userAgent: DEVICES[0]!, end: "signed_out", unusual: "after_refusals" },
  {
    hoursAgo: 11,
    lastedHours: 0.1,
    ip: "8.8.8.8",
    userAgent: OTHER_DEVICES[4]!,
    end: "closed",
    unusual: "new_network_and_device",
    verdict: "not_me",
  },
  { hoursAgo: 13, lastedHours: 2.2, ip: HOME[2]!, userAgent: DEVICES[1]!, end: "password_changed" },
  {
    hoursAgo: 20,
    lastedHours: 2,
    ip: "139.130.4.5",
    userAgent: OTHER_DEVICES[2]!,
    end: null,
    unusual: "new_country",
    verdict: "me",
  },
  { hoursAgo: 23, lastedHours: 0.5, ip: ELSEWHERE[0]!, userAgent: OTHER_DEVICES[0]!, end: "closed_by_operator" },
];
/** Refused sign-ins, right before the entry of `RECENT` that mentions them. */
const REFUSED_HOURS_AGO = 7.3;

/** Ends by frequency; `undefined` expires. */
const ENDS: (EndReason | undefined)[] = [
  "signed_out",
  "signed_out",
  "signed_out",
  "closed",
  "closed",
  undefined,
  undefined,
  "password_changed",
  "closed_by_operator",
];

/** Fills an account's history with nine months of connections, ending with `RECENT`, and refused sign-ins. Every demo is the same. */
export async function fillHistory(
  db: Db,
  userId: string,
  { connections: count, countryOf, now }: { connections: number; countryOf: CountryOf; now: number },
): Promise<void> {
  const random = seeded(20_261_124);
  const pick = <T>(list: T[]): T => list[Math.floor(random() * list.length)]!;
  const from = async (ip: string, userAgent: string) => {
    const { address, ...client } = await readVisitor(readAddress(ip)!, { userAgent, brands: undefined }, countryOf);
    return { ip: address.ip, network: address.network, ...client };
  };
  const placeOf = async ({ hoursAgo, ip, userAgent }: Moved, connection: OfConnection): Promise<PlaceRow> => {
    const firstAt = Math.round(now - hoursAgo * HOUR);
    const isFirst = { isFirstIp: true, isFirstNetwork: true, isFirstCountry: true, isFirstDevice: true };
    return {
      id: uuid({ msecs: firstAt }),
      ...connection,
      firstAt,
      client: ip,
      ...await from(ip, userAgent),
      ...isFirst,
    };
  };

  const rows: (typeof connections.$inferInsert)[] = [];
  for (let i = 0; i < count; i++) {
    // The square makes recent days busier.
    const openedAt = Math.round(now - DAY - (i / count) ** 2 * 270 * DAY - random() * 8 * HOUR);
    const isHome = random() < 0.75;
    const isOpen = i < 12 && i % 3 === 1;
    const longest = Math.min(5 * DAY, now - openedAt - 5 * MINUTE);
    const lastSeenAt = openedAt + Math.round(random() ** 3 * longest);
    const end = isOpen ? undefined : pick(ENDS);
    const expiresAt = lastSeenAt + 7 * DAY;
    // One that would expire in the future was signed out instead.
    const reason = isOpen ? undefined : end ?? (expiresAt < now ? "expired" : "signed_out");
    rows.push({
      id: uuid({ msecs: openedAt }),
      userId,
      openedAt,
      lastSeenAt,
      expiresAt: Math.min(expiresAt, openedAt + 30 * DAY),
      closedAt: reason === undefined
        ? null
        : reason === "expired"
        ? expiresAt
        : lastSeenAt + Math.round(random() * 4 * MINUTE),
      endReason: reason ?? null,
      // The row before is newer, and was open at that time.
      closedBy: reason === "closed" ? rows.at(-1)?.id ?? null : null,
      ...await from(pick(isHome ? HOME : ELSEWHERE), pick(isHome ? DEVICES : OTHER_DEVICES)),
    });
  }
  const closer = rows.find(({ closedAt }) => closedAt === null)?.id ?? null;
  const moved: PlaceRow[] = [];
  for (const { hoursAgo, lastedHours, ip, userAgent, end, unusual, verdict, movedTo } of RECENT) {
    const openedAt = Math.round(now - hoursAgo * HOUR);
    const lastSeenAt = Math.round(openedAt + lastedHours * HOUR);
    const id = uuid({ msecs: openedAt });
    const place = movedTo ? await placeOf(movedTo, { connectionId: id, userId, openedAt, lastAt: lastSeenAt }) : null;
    if (place) moved.push(place);
    rows.push({
      id,
      userId,
      openedAt,
      lastSeenAt,
      expiresAt: lastSeenAt + 7 * DAY,
      closedAt: end && lastSeenAt + MINUTE,
      endReason: end,
      closedBy: end === "closed" ? closer : null,
      ...await from(ip, userAgent),
      unusual: unusual ?? null,
      verdict: verdict ?? null,
      place: place?.id ?? null,
    });
  }
  const refused: (typeof refusals.$inferInsert)[] = [];
  for (let i = 0; i < count / 20; i++) {
    const isRecent = i === 0;
    const firstAt = Math.round(
      isRecent ? now - REFUSED_HOURS_AGO * HOUR : now - (i + 0.4) * 2.3 * DAY - random() * DAY,
    );
    const hour = Math.floor(firstAt / HOUR);
    const attempts = isRecent ? 14 : 1 + Math.floor(random() ** 4 * 400);
    refused.push({
      id: uuid({ msecs: firstAt }),
      userId,
      hour,
      firstAt,
      lastAt: attempts === 1 ? firstAt : Math.min(firstAt + attempts * 20_000, (hour + 1) * HOUR - 1),
      attempts,
      addresses: Math.min(attempts, 1 + Math.floor(random() * 4)),
      reason: attempts > 60 ? "too_many_tries" : "wrong_password",
      ...await from(pick(STRANGERS), pick(OTHER_DEVICES)),
    });
  }
  for (let i = 0; i < rows.length; i += 100) await db.insert(connections).values(rows.slice(i, i + 100));
  await db.insert(places).values(moved);
  await db.insert(refusals).values(refused);
  await learnTraits(
    db,
    and(eq(connections.userId, userId), or(isNull(connections.unusual), eq(connections.verdict, "me"))),
    now,
  );
}

/** Reproducible numbers from 0 to 1 (Mulberry32), for nothing secret. */
function seeded(seed: number): () => number {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4_294_967_296;
  };
}
