import { exportUser } from "../../db/accounts/export.ts";
import { findByAddress } from "../../db/accounts/traces.ts";
import { closeAsOperator } from "../../db/connections.ts";
import type { Db } from "../../db/database.ts";
import type { FullEntry } from "../../db/history/entries.ts";
import { type Cursor, listHistory } from "../../db/history/rows.ts";
import { sweep as sweepOnce } from "../../db/retention.ts";
import { toLine } from "../../http/log.ts";
import { FOR_PROGRAMS, toCsv } from "../../views/history/csv.ts";
import { readAddresses } from "../../visitor/addresses.ts";
import { isoTime } from "../../words/time.ts";
import { type Action, counted, countOpen, done, print, withUser } from "./action.ts";

const DAY = 86_400_000;
/** Rows per query. */
const PIECE = 1_000;

export const close: Action = {
  takes: "EMAIL | --everyone",
  does: "close all connections of an account, or all there are",
  operands: 1,
  options: { everyone: { type: "boolean" } },
  async run(context, { operands: [email = ""], options }) {
    const { db, log } = context;
    const closeAll = async (user: string | undefined, whose: string) => {
      const count = await closeAsOperator(db, user ?? "everyone", Date.now());
      log("session_closed", { user, count });
      return done(`Closed ${countOpen(count)} of ${whose}`);
    };
    if (options.everyone) return await closeAll(undefined, "all accounts");
    return await withUser(context, email, "close anything", (user) => closeAll(user.id, user.email));
  },
};

export const history: Action = {
  takes: "EMAIL [--csv | --json]",
  does: "the whole history of an account, newest first",
  operands: 1,
  options: { csv: { type: "boolean" }, json: { type: "boolean" } },
  isList: true,
  run: (context, { operands: [email = ""], options }) =>
    withUser(context, email, "show a history", async (user) => {
      const { db, log } = context;
      log("sensitive_read", { user: user.id });
      if (options.csv && !await print(toCsv([FOR_PROGRAMS.columns]))) return 0;
      for await (const entries of historyOf(db, user.id)) {
        const records = entries.map(FOR_PROGRAMS.toRecord);
        if (!await print(options.csv ? toCsv(records) : records.map(options.json ? asJson : asText).join(""))) break;
      }
      return 0;
    }),
};

function asJson(record: string[]): string {
  return `${toLine(Object.fromEntries(FOR_PROGRAMS.columns.map((column, i) => [column, record[i]])))}\n`;
}

/** When, what and how it ended, address, country, device. */
function asText(record: string[]): string {
  const named = Object.fromEntries(FOR_PROGRAMS.columns.map((column, i) => [column, record[i] ?? ""]));
  const { opened_at, state, end_reason, ip_address, country, device } = named;
  return `${[opened_at, [state, end_reason].filter(Boolean).join(" "), ip_address, country, device].join("\t")}\n`;
}

async function* historyOf(db: Db, userId: string): AsyncGenerator<FullEntry[]> {
  const now = Date.now();
  let before: Cursor | null = null;
  do {
    const { entries, stoppedAt }: Awaited<ReturnType<typeof listHistory>> = await listHistory(db, {
      ...{ userId, filter: {}, before, now },
      limit: PIECE,
    });
    yield entries;
    before = stoppedAt ?? (entries.length < PIECE ? null : entries.at(-1) ?? null);
  } while (before !== null);
}

export const find: Action = {
  takes: "--ip ADDRESS [--json]",
  does: "the accounts that were used, or tried, from an address",
  operands: 0,
  options: { ip: { type: "string" }, json: { type: "boolean" } },
  isList: true,
  check: ({ options }) =>
    readPlace(options.ip) ? null : "Cannot find anything: give an address like --ip 46.16.60.1 or --ip 2001:db8::1",
  async run({ db, log }, { options }) {
    const found = await findByAddress(db, readPlace(options.ip) ?? {});
    log("sensitive_read", { count: found.length });
    if (found.length === 0) console.error("No account was used or tried from there");
    for (const { email, connections, attempts, firstAt, lastAt } of found) {
      const [first, last] = [isoTime(firstAt), isoTime(lastAt)];
      const line = options.json
        ? toLine({ email, connections, refused_attempts: attempts, first_at: first, last_at: last })
        : [email, counted(connections, "connection"), counted(attempts, "refused attempt"), first, last].join("\t");
      if (!await print(`${line}\n`)) break;
    }
    return 0;
  },
};

/** Reads an address, or a network that is stored as such: no index finds parts of one. */
function readPlace(text: string | boolean | undefined): { ip: string } | { network: string } | null {
  const addresses = readAddresses(String(text ?? ""));
  if (!addresses || "ip" in addresses) return addresses;
  return "network" in addresses && !("low" in addresses) ? { network: addresses.network } : null;
}

export const exportAll: Action = {
  takes: "EMAIL",
  does: "all that is kept of an account, as JSON lines",
  operands: 1,
  isList: true,
  run: (context, { operands: [email = ""] }) =>
    withUser(context, email, "export anything", async (user) => {
      const { db, log } = context;
      log("sensitive_read", { user: user.id });
      for await (const rows of exportUser(db, user)) {
        if (!await print(rows.map((row) => `${toLine(row)}\n`).join(""))) break;
      }
      return 0;
    }),
};

export const sweep: Action = {
  takes: "",
  does: "remove what is older than RETENTION_DAYS now, without waiting for a sign-in",
  operands: 0,
  async run({ db, configuration, log }) {
    const { sessionIdleDays, sessionMaxDays, retentionDays } = configuration;
    const lifetime = { idle: sessionIdleDays * DAY, max: sessionMaxDays * DAY };
    while (await sweepOnce(db, lifetime, retentionDays * DAY, Date.now()));
    log("history_swept", { retention_days: retentionDays });
    return done(
      retentionDays === 0
        ? "Closed what has expired. RETENTION_DAYS is 0: nothing is removed"
        : `Closed what has expired, and removed what is older than ${retentionDays} days`,
    );
  },
};
