import assert from "node:assert/strict";
import fc from "fast-check";
import { type Db, openDatabase } from "../db/database.ts";
import { newBrowser } from "../db/browsers.ts";
import { type Filter, STATES } from "../db/history/filters.ts";
import { countRows } from "../db/history/row_count.ts";
import { type Cursor, listHistory } from "../db/history/rows.ts";
import { recordPlace } from "../db/places.ts";
import { recordRefusal } from "../db/refusals.ts";
import { recognizeConnection } from "../db/reviews.ts";
import { connections, type User } from "../db/schema.ts";
import { resumeSession, type Session } from "../db/sessions.ts";
import { closeConnection, openConnection } from "../db/connections.ts";
import { findUnusual } from "../db/unusual.ts";
import { paths, withQuery } from "../http/paths.ts";
import { readAddress } from "../visitor/addresses.ts";
import type { Visitor } from "../visitor/visitor.ts";
import { CELL, EMAIL, FIREFOX, MINUTE, signedIn, START } from "./app.ts";
import {
  connectionFrom,
  countryOf,
  GIRONA,
  LAGOS,
  MADRID,
  NOWHERE,
  PARIS,
  PYTHON,
  recordsOf,
  steal,
} from "./elsewhere.ts";
import { LIFETIME, makeUser, reserve } from "./verbs.ts";

const ADDRESSES = [
  MADRID,
  "46.16.99.9",
  GIRONA,
  LAGOS,
  NOWHERE,
  "192.168.1.20",
  "2001:db8:0:1::5",
  "2001:db8:0:1::6",
  "2001:db8:0:2::5",
];

type Spot = { ip: string; device: string };
const spot: fc.Arbitrary<Spot> = fc.record({
  ip: fc.constantFrom(...ADDRESSES),
  device: fc.constantFrom("Firefox on Linux", "curl"),
});

type Step = { do: "open" | "use" | "close" | "recognize" | "refuse"; which: number; spot: Spot; later: number };
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("open", "use", "use", "use", "use", "close", "recognize", "refuse"),
  which: fc.nat(),
  spot,
  later: fc.constantFrom(0, 1, MINUTE),
});

const day = fc.constantFrom(START, START + 1, START + MINUTE, START + 3 * MINUTE, START + 10 * MINUTE);
// A page filters by an address or by a network.
const filter: fc.Arbitrary<Filter> = fc.tuple(
  fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, fc.record({ since: day, until: day }, { requiredKeys: [] })),
  fc.record({ state: fc.constantFrom(...STATES), countryCode: fc.constantFrom("ES", "NG", "private", "none", "FR") }, {
    requiredKeys: [],
  }),
  fc.oneof(
    fc.constant({}),
    fc.record({ ip: fc.constantFrom(...ADDRESSES) }),
    fc.record({ network: fc.constantFrom("46.16", "102.89", "192.168", "2001:db8:0:1") }),
  ),
).map(([days, state, address]) => ({ ...days, ...state, ...address }));

// Security: places
Deno.test("filters find a row once by every place of it, in pages as in one list, and the row count agrees", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 25 }),
      fc.array(filter, { minLength: 10, maxLength: 10 }),
      async (steps, filters) => {
        const { db, user, rows, now } = await startHistory(steps);
        for (const filter of filters) {
          const expected = (await rows()).filter((row) => isSelected(row, filter)).map(({ id }) => id);
          const query = { userId: user.id, filter, now };

          assert.deepEqual(await readAll(db, query, 100), expected);
          assert.deepEqual(await readAll(db, query, 2), expected);
          assert.deepEqual(await countRows(db, query), { rows: expected.length, isMore: false });
        }
        db.$client.close();
      },
    ),
    { numRuns: 20 },
  );
});

// Security: places
Deno.test("the page, its row count and the CSV find a connection by each address, network and country that it was used from", async () => {
  const site = await signedIn({ countryOf });
  const { here, db } = site;
  const moving = site.browser("46.16.60.2");
  await moving.signIn();
  await steal(site, moving, LAGOS, PYTHON).get(paths.connections);
  site.clock.now += 1;
  await steal(site, moving, "102.89.77.7", PYTHON).get(paths.connections);
  site.clock.now += 1;
  await steal(site, moving, PARIS, FIREFOX).get(paths.connections);
  const { id } = await connectionFrom(db, "46.16.60.2");
  const found = async (query: Record<string, string>) => {
    const { $ } = await here.get(withQuery(paths.connections, query));
    const records = recordsOf((await here.get(withQuery(paths.csv, query))).text);
    assert.match($("a.download small").text(), new RegExp(`^${$("tbody tr[id]").length} row`));
    assert.equal(records.length, $("tbody tr[id]").length);
    return $("tbody tr[id]").toArray().map((row) => [$(row).attr("id"), $(row).find(`${CELL.ip} p`).text()]);
  };

  const once = [[`c-${id}`, `last: ${PARIS}`]];
  assert.deepEqual(await found({ ip: LAGOS }), once);
  assert.deepEqual(await found({ ip: "102.89.77.7" }), once);
  assert.deepEqual(await found({ ip: "102.89" }), once);
  assert.deepEqual(await found({ country: "NG" }), once);
  assert.deepEqual(await found({ country: "FR", state: "open" }), once);
  assert.deepEqual(await found({ country: "NG", ip: "102.89", state: "unusual" }), once);
  assert.deepEqual(await found({ country: "FR", ip: "102.89" }), [], "both of one place");
  assert.deepEqual(await found({ ip: LAGOS, state: "closed" }), []);
  assert.deepEqual(await found({ ip: LAGOS, state: "refused" }), []);
  const countries = (await here.get(withQuery(paths.connections, { state: "open" }))).$("[name=country] option")
    .toArray();
  assert.deepEqual(countries.map(({ attribs }) => attribs["value"]).sort(), ["", "ES", "FR", "NG"]);
});

type Row = {
  id: string;
  at: number;
  state: "open" | "closed" | "refused";
  isUnusual: boolean;
  isUnreviewed: boolean;
  places: Visitor[];
};

/** Takes the steps, and keeps a plain model of the rows beside the database. */
async function startHistory(steps: Step[]) {
  const db = await openDatabase(":memory:");
  const user = await makeUser(db, EMAIL);
  let now = START;
  const opened: { session: Session; places: Map<string, Visitor>; isOpen: boolean }[] = [];
  const refused = new Map<string, { visitor: Visitor; at: number }>();
  const owner = await open(db, user, { ip: MADRID, device: "Firefox on Linux" }, now);
  opened.push(owner);

  for (const { do: action, which, spot, later } of steps) {
    now += later;
    const visitor = await visitorAt(spot);
    const chosen = opened[which % opened.length]!;
    if (action === "open") opened.push(await open(db, user, spot, now));
    if (action === "use") {
      await recordPlace(db, chosen.session, visitor, now);
      if (chosen.isOpen && !chosen.places.has(keyOf(visitor))) chosen.places.set(keyOf(visitor), visitor);
    }
    if (action === "close" && chosen !== owner) {
      await closeConnection(db, owner.session, chosen.session.connectionId, now);
      chosen.isOpen = false;
    }
    if (action === "recognize") await recognizeConnection(db, owner.session, chosen.session.connectionId, now);
    if (action === "refuse") {
      const [standing, reason] = [{ kind: "stranger" as const }, "wrong_password" as const];
      await recordRefusal(db, { user, visitor, standing, reason, now });
      const { client } = visitor.address;
      refused.set(client, { visitor, at: refused.get(client)?.at ?? now });
    }
  }

  /** From newest to oldest. */
  async function rows(): Promise<Row[]> {
    const stored = await db.select().from(connections);
    const refusals = await db.query.refusals.findMany();
    return [
      ...opened.map(({ session, places, isOpen }): Row => {
        const { unusual, verdict } = stored.find(({ id }) => id === session.connectionId)!;
        return {
          id: session.connectionId,
          at: session.openedAt,
          state: isOpen ? "open" : "closed",
          isUnusual: unusual !== null,
          isUnreviewed: unusual !== null && verdict === null,
          places: [...places.values()],
        };
      }),
      ...[...refused].map(([client, { visitor, at }]): Row => ({
        id: refusals.find((row) => row.client === client)?.id ?? "",
        at,
        state: "refused",
        isUnusual: false,
        isUnreviewed: false,
        places: [visitor],
      })),
    ].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  }
  return { db, user, rows, now };
}

async function open(db: Db, user: User, spot: Spot, now: number) {
  const reserved = await reserve(db, user.email, "198.51.100.1", now);
  const visitor = await visitorAt(spot);
  const [browser, lifetime] = [newBrowser(), LIFETIME];
  const unusual = await findUnusual(db, user.id, visitor, null, now);
  const opening = { user, visitor, browser, unusual, reserved, replaces: null, timeZone: null, lifetime, now };
  const cookie = await openConnection(db, opening);
  const session = (await resumeSession(db, cookie!, { isReading: true, now }))!;
  return { session, places: new Map([[keyOf(visitor), visitor]]), isOpen: true };
}

async function visitorAt({ ip, device }: Spot): Promise<Visitor> {
  const address = readAddress(ip)!;
  return { address, countryCode: await countryOf(address), userAgent: device, device, deviceKind: "computer" };
}

/** What makes a place another one. */
function keyOf({ address, device }: Visitor): string {
  return `${address.client} ${device}`;
}

function isSelected(row: Row, filter: Filter): boolean {
  return row.at >= (filter.since ?? 0) && row.at < (filter.until ?? Infinity) && hasState(row, filter.state) &&
    isUsedIn(row, filter);
}

function hasState({ state, isUnusual, isUnreviewed }: Row, wanted: Filter["state"]): boolean {
  if (wanted === "unusual") return isUnusual;
  if (wanted === "unreviewed") return isUnreviewed;
  return wanted === undefined || wanted === state;
}

function isUsedIn({ places }: Row, filter: Filter): boolean {
  return places.some(({ address, countryCode }) =>
    (filter.ip ?? address.ip) === address.ip &&
    (filter.network ?? address.network) === address.network &&
    (filter.countryCode ?? countryCode) === countryCode
  );
}

async function readAll(db: Db, query: { userId: string; filter: Filter; now: number }, limit: number) {
  const ids: string[] = [];
  for (let before: Cursor | null = null;;) {
    const { entries } = await listHistory(db, { ...query, before, limit });
    ids.push(...entries.map(({ id }) => id));
    before = entries.at(-1) ?? null;
    if (entries.length < limit) return ids;
  }
}
