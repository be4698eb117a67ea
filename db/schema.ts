import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { DEVICE_KINDS } from "../visitor/devices.ts";

/** How a closed connection ended; the words are the product's own (README). */
export const END_REASONS = [
  "signed_out",
  "closed",
  "expired",
  "password_changed",
  "closed_by_operator",
  "replaced",
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** Why sign-ins were refused. */
export const REFUSAL_REASONS = ["wrong_password", "too_many_tries", "locked"] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Why a connection is unusual for its account; decided at sign-in (db/unusual.ts). */
export const UNUSUAL_REASONS = ["new_country", "new_network_and_device", "after_refusals"] as const;
export type UnusualReason = (typeof UNUSUAL_REASONS)[number];

/** What the owner said of an unusual connection. */
export const ANSWERS = ["me", "not_me"] as const;
export type Answer = (typeof ANSWERS)[number];

/** The languages that an owner can choose. */
export const LANGUAGES = ["en", "es", "ca"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The themes that an owner can choose. */
export const THEMES = ["light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Who signs in. Times everywhere are whole milliseconds since the epoch, UTC. */
export const users = sqliteTable("users", {
  id: text().primaryKey(),
  /** Case-folded, so that one address is one account. */
  email: text().notNull().unique(),
  /** A PHC string: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
  passwordHash: text("password_hash").notNull(),
  /** Grows with each change, so that a sign-in that hashed the old password can be told. */
  passwordVersion: integer("password_version").notNull().default(1),
  /** IANA name; null until a sign-in brings one. */
  timeZone: text("time_zone"),
  /** Null while not chosen: as in the browser. */
  language: text({ enum: LANGUAGES }),
  /** Null while not chosen: as in the system. */
  theme: text({ enum: THEMES }),
  createdAt: integer("created_at").notNull(),
});

/** An account as it is stored. */
export type User = typeof users.$inferSelect;

/** Where a connection or a refused try came from, as known at that time. */
const origin = {
  /** Canonical text; empty when the server could not tell. */
  ip: text().notNull(),
  /** The /16 of an IPv4 address (`46.16`), the /64 of an IPv6 one (four groups); empty with `ip`. */
  network: text().notNull(),
  /** ISO 3166-1 alpha-2, or `private` for private networks, or `none` where nobody knows. */
  countryCode: text("country_code").notNull(),
  userAgent: text("user_agent").notNull(),
  /** "Firefox on Linux", parsed at that time. */
  device: text().notNull(),
  deviceKind: text("device_kind", { enum: DEVICE_KINDS }).notNull().default("unknown"),
};

/** One stay of one browser in the account: the history's row. Closing never deletes it. */
export const connections = sqliteTable(
  "connections",
  {
    /** A UUID of version 7: sorts by time, and none can be guessed from another. */
    id: text().primaryKey(),
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    openedAt: integer("opened_at").notNull(),
    lastSeenAt: integer("last_seen_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    closedAt: integer("closed_at"),
    endReason: text("end_reason", { enum: END_REASONS }),
    /** The connection that closed this one, where one did. */
    closedBy: text("closed_by"),
    ...origin,
    /** Why it was unusual when it was opened, as words with spaces between them; null when it wasn't. */
    unusual: text(),
    /** What the owner said of it; null until they do. */
    answer: text({ enum: ANSWERS }),
  },
  (t) => [
    index("connections_by_time").on(t.userId, t.openedAt, t.id),
    index("connections_by_country").on(t.userId, t.countryCode, t.openedAt, t.id),
    index("connections_by_ip").on(t.userId, t.ip, t.openedAt, t.id),
    index("connections_by_network").on(t.userId, t.network, t.openedAt, t.id),
    index("connections_not_closed").on(t.userId, t.openedAt, t.id).where(sql`closed_at is null`),
    index("connections_unusual").on(t.userId, t.openedAt, t.id).where(sql`unusual is not null`),
    index("connections_unanswered").on(t.userId, t.openedAt, t.id).where(sql`unusual is not null and answer is null`),
    index("connections_to_expire").on(t.expiresAt).where(sql`closed_at is null`),
    index("connections_to_remove").on(t.closedAt).where(sql`closed_at is not null`),
  ],
);

/** From where and on what the owner of an account connects: what is in here is not unusual. Kept as long as the history. */
export const known = sqliteTable(
  "known",
  {
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    kind: text({ enum: ["country", "network", "device"] }).notNull(),
    /** As in the columns of `connections`. */
    value: text().notNull(),
    /** When a connection last had it. */
    lastAt: integer("last_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.kind, t.value] }), index("known_to_remove").on(t.lastAt)],
);

/** The secret side of a connection. It opens the door only while its connection is open. */
export const sessions = sqliteTable("sessions", {
  /** The public part of the cookie. */
  id: text().primaryKey(),
  connectionId: text("connection_id").notNull().unique()
    .references(() => connections.id, { onDelete: "cascade" }),
  /** SHA-256 of the cookie's secret part, base64url. The secret itself is never stored. Changes when the password is given. */
  secretHash: text("secret_hash").notNull(),
  /** What the hidden field of this session's forms must say. */
  csrf: text().notNull(),
  /** When the password was last given over this session. */
  confirmedAt: integer("confirmed_at").notNull().default(0),
  /** The hash before the last renewal, and when that was; null before the first. */
  formerHash: text("former_hash"),
  renewedAt: integer("renewed_at"),
});

/** Sign-ins that failed: one row an account and hour, so that a flood neither fills nor hides the history. */
export const refusals = sqliteTable(
  "refusals",
  {
    id: text().primaryKey(),
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    /** Hours since the epoch. */
    hour: integer().notNull(),
    firstAt: integer("first_at").notNull(),
    lastAt: integer("last_at").notNull(),
    attempts: integer().notNull(),
    /** From how many different addresses. */
    addresses: integer().notNull(),
    reason: text({ enum: REFUSAL_REASONS }).notNull(),
    ...origin,
  },
  (t) => [
    uniqueIndex("refusals_by_hour").on(t.userId, t.hour),
    index("refusals_by_time").on(t.userId, t.firstAt, t.id),
    index("refusals_by_country").on(t.userId, t.countryCode, t.firstAt, t.id),
    index("refusals_by_ip").on(t.userId, t.ip, t.firstAt, t.id),
    index("refusals_by_network").on(t.userId, t.network, t.firstAt, t.id),
    index("refusals_to_remove").on(t.lastAt),
  ],
);

/** The counters of the sign-in limiter: in the database, so that instances share them and a restart keeps them. */
export const limits = sqliteTable(
  "limits",
  {
    key: text().primaryKey(),
    count: integer().notNull(),
    /** The count is worth nothing from then on. */
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("limits_to_remove").on(t.expiresAt)],
);
