import { type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { DEVICE_KINDS } from "../visitor/devices.ts";

export const END_REASONS = [
  "signed_out",
  "closed",
  "expired",
  "password_changed",
  "closed_by_operator",
  "replaced",
  "too_many_attempts",
  "password_set",
] as const;
export type EndReason = (typeof END_REASONS)[number];

export const REFUSAL_REASONS = [
  "wrong_password",
  "wrong_confirmation",
  "wrong_code",
  "wrong_passkey",
  "too_many_tries",
  "locked",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export const UNUSUAL_REASONS = [
  "new_country",
  "new_network_and_device",
  "after_refusals",
  "moved_country",
  "moved_device",
  "wrong_confirmations",
  "recovery_code",
  "passkey_copied",
] as const;
export type UnusualReason = (typeof UNUSUAL_REASONS)[number];

export const VERDICTS = ["me", "not_me"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** `host`: the panel signed the owner in; `link`: a one-time link set a password, and no connection was opened. */
export const METHODS = ["password", "password+code", "password+recovery", "passkey", "host", "link"] as const;
export type Method = (typeof METHODS)[number];

/** The included languages; a panel may add others. */
export const LANGUAGES = ["en", "es", "ca"];
/** A BCP 47 tag. */
export type Language = string;

/** `password` comes from the operator, `forgotten` from the owner's request; `email` confirms a new address, `undo_email` restores the old one. */
export const LINK_PURPOSES = ["password", "forgotten", "email", "undo_email"] as const;
export type LinkPurpose = (typeof LINK_PURPOSES)[number];

export const MAIL_EVENTS = [
  "unusual",
  "moved",
  "too_many_attempts",
  "locked",
  "password_changed",
  "password_recovered",
  "method_added",
  "method_removed",
  "forgotten",
  "email_requested",
  "email_changed",
] as const;
export type MailEvent = (typeof MAIL_EVENTS)[number];

export const THEMES = ["light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** In every table, times are whole milliseconds since the epoch, UTC, and hashes of tokens, codes and cookies are SHA-256, base64url. */
export const users = sqliteTable("users", {
  id: text().primaryKey(),
  /** Case-folded: one address is one account. */
  email: text().notNull().unique(),
  /** `NO_PASSWORD` if the owner signs in elsewhere. */
  passwordHash: text("password_hash").notNull(),
  /** Grows with each change, which invalidates a sign-in that is still hashing the old password. */
  passwordVersion: integer("password_version").notNull().default(1),
  timeZone: text("time_zone"),
  /** Null: the browser's; so for the theme. */
  language: text(),
  /** The language of the last browser to sign in, for mail while `language` is null. */
  browserLanguage: text("browser_language"),
  theme: text({ enum: THEMES }),
  /** When the owner last said "Not me"; null again once the password was changed. */
  disownedAt: integer("disowned_at"),
  disabledAt: integer("disabled_at"),
  /** Since when the owner wants no mail about new places; null: they want it. */
  placesMutedAt: integer("places_muted_at"),
  pendingEmail: text("pending_email"),
  createdAt: integer("created_at").notNull(),
});

export type User = typeof users.$inferSelect;

/** No password has this hash. A nullable column would make SQLite rebuild the table. */
export const NO_PASSWORD = "";

const origin = {
  /** Canonical text; empty if unknown. */
  ip: text().notNull(),
  /** The /16 of an IPv4 address (`46.16`), the /64 of an IPv6 one (four groups); empty with `ip`. */
  network: text().notNull(),
  /** ISO 3166-1 alpha-2, `private` for private networks, `none` if unknown. */
  countryCode: text("country_code").notNull(),
  userAgent: text("user_agent").notNull(),
  device: text().notNull(),
  deviceKind: text("device_kind", { enum: DEVICE_KINDS }).notNull().default("unknown"),
};

/** The SQL of `Address.client`. */
export function clientOf({ ip, network }: Record<"ip" | "network", SQLWrapper>): SQL<string> {
  return sql<string>`iif(instr(${ip}, ':'), ${network}, ${ip})`;
}

/** The history's rows: one browser's stay in an account. Closing never deletes one. */
export const connections = sqliteTable(
  "connections",
  {
    /** UUID version 7: sorts by time, can't be guessed from another. */
    id: text().primaryKey(),
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    openedAt: integer("opened_at").notNull(),
    lastSeenAt: integer("last_seen_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    closedAt: integer("closed_at"),
    endReason: text("end_reason", { enum: END_REASONS }),
    closedBy: text("closed_by"),
    ...origin,
    /** `UNUSUAL_REASONS` separated by spaces; null if it wasn't unusual. */
    unusual: text(),
    /** Renaming the column would break instances of the version before while they still run. */
    verdict: text("answer", { enum: VERDICTS }),
    /** Where it was last used, in `places`; null: where it was opened. */
    place: text(),
    browser: text(),
    method: text({ enum: METHODS }).notNull().default("password"),
    passkey: text(),
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

export const places = sqliteTable(
  "places",
  {
    id: text().primaryKey(),
    connectionId: text("connection_id").notNull().references(() => connections.id, { onDelete: "cascade" }),
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    openedAt: integer("opened_at").notNull(),
    firstAt: integer("first_at").notNull(),
    lastAt: integer("last_at").notNull(),
    client: text().notNull(),
    ...origin,
    /** Whether it is the connection's first place with this value, so that a filter finds each connection once. */
    isFirstIp: integer("is_first_ip", { mode: "boolean" }).notNull(),
    isFirstNetwork: integer("is_first_network", { mode: "boolean" }).notNull(),
    isFirstCountry: integer("is_first_country", { mode: "boolean" }).notNull(),
    isFirstDevice: integer("is_first_device", { mode: "boolean" }).notNull(),
  },
  (t) => [
    uniqueIndex("places_by_connection").on(t.connectionId, t.client, t.device),
    index("places_by_time").on(t.userId, t.firstAt),
    index("places_by_country").on(t.userId, t.countryCode, t.openedAt, t.connectionId).where(sql`is_first_country`),
    index("places_by_ip").on(t.userId, t.ip, t.openedAt, t.connectionId).where(sql`is_first_ip`),
    index("places_by_network").on(t.userId, t.network, t.openedAt, t.connectionId).where(sql`is_first_network`),
  ],
);

export const known = sqliteTable(
  "known",
  {
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    kind: text({ enum: ["country", "network", "device"] }).notNull(),
    value: text().notNull(),
    lastAt: integer("last_at").notNull(),
    /** The unusual connection whose owner said "This was me"; null if a plain sign-in taught it. */
    taughtBy: text("taught_by"),
  },
  (t) => [primaryKey({ columns: [t.userId, t.kind, t.value] }), index("known_to_remove").on(t.lastAt)],
);

/** Browsers that signed in, recognised by a cookie that opens nothing. */
export const browsers = sqliteTable(
  "browsers",
  {
    id: text().primaryKey(),
    secretHash: text("secret_hash").notNull(),
    lastAt: integer("last_at").notNull(),
  },
  (t) => [index("browsers_to_remove").on(t.lastAt)],
);

export const browserUsers = sqliteTable(
  "browser_users",
  {
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    browserId: text("browser_id").notNull().references(() => browsers.id, { onDelete: "cascade" }),
    firstAt: integer("first_at").notNull(),
    lastAt: integer("last_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.browserId] }),
    index("browser_users_by_browser").on(t.browserId),
    index("browser_users_by_time").on(t.userId, t.lastAt),
  ],
);

export const sessions = sqliteTable("sessions", {
  id: text().primaryKey(),
  connectionId: text("connection_id").notNull().unique()
    .references(() => connections.id, { onDelete: "cascade" }),
  secretHash: text("secret_hash").notNull(),
  csrf: text().notNull(),
  confirmedAt: integer("confirmed_at").notNull().default(0),
  /** The hash before the last renewal; null before the first, like `renewedAt`. */
  formerHash: text("former_hash"),
  renewedAt: integer("renewed_at"),
  /** When the password was last entered under the former secret. */
  formerConfirmedAt: integer("former_confirmed_at"),
  /** When the browser first sent the new secret; null while its answer may have been lost. */
  seenAt: integer("seen_at"),
});

/** Refused passwords, one row per account, hour and client, so that a flood neither fills nor hides the history. */
export const refusals = sqliteTable(
  "refusals",
  {
    id: text().primaryKey(),
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    hour: integer().notNull(),
    /** See `clientOf`; empty in the hour's row for all further clients, null in old rows, which had all clients of an hour. */
    client: text(),
    connectionId: text("connection_id"),
    firstAt: integer("first_at").notNull(),
    lastAt: integer("last_at").notNull(),
    attempts: integer().notNull(),
    addresses: integer().notNull(),
    reason: text({ enum: REFUSAL_REASONS }).notNull(),
    ...origin,
  },
  (t) => [
    uniqueIndex("refusals_by_client").on(t.userId, t.hour, t.client).where(sql`client is not null`),
    index("refusals_by_connection").on(t.connectionId).where(sql`connection_id is not null`),
    index("refusals_by_time").on(t.userId, t.firstAt, t.id),
    index("refusals_by_country").on(t.userId, t.countryCode, t.firstAt, t.id),
    index("refusals_by_ip").on(t.userId, t.ip, t.firstAt, t.id),
    index("refusals_by_network").on(t.userId, t.network, t.firstAt, t.id),
    index("refusals_to_remove").on(t.lastAt),
  ],
);

/** The sign-in limiter's counters, in the database so that instances share them and a restart keeps them. */
export const limits = sqliteTable(
  "limits",
  {
    key: text().primaryKey(),
    count: integer().notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("limits_to_remove").on(t.expiresAt)],
);

/** Unused one-time links: using one deletes its row. */
export const links = sqliteTable(
  "links",
  {
    hash: text().primaryKey(),
    purpose: text({ enum: LINK_PURPOSES }).notNull(),
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    email: text(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("links_by_user").on(t.userId), index("links_to_remove").on(t.expiresAt)],
);

/** Mail to send: what happened, and to whom. Never a text, token or link: the message is written when it is sent. */
export const outbox = sqliteTable(
  "outbox",
  {
    id: text().primaryKey(),
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    event: text({ enum: MAIL_EVENTS }).notNull(),
    /** What it happened to: a connection's id, or a sign-in method. */
    about: text(),
    /** Null: the account's address when the mail is sent. */
    recipient: text(),
    happenedAt: integer("happened_at").notNull(),
    attempts: integer().notNull().default(0),
    /** When to send it or try again; once an instance has claimed it, when the claim ends. */
    dueAt: integer("due_at").notNull(),
  },
  (t) => [index("outbox_due").on(t.dueAt), index("outbox_by_user").on(t.userId, t.happenedAt)],
);

/** Accounts' authenticator apps (RFC 6238). */
export const authenticators = sqliteTable("authenticators", {
  userId: text("user_id").primaryKey().references(() => users.id, { onDelete: "cascade" }),
  /** Encrypted with `SECRET_KEY`. */
  secret: text().notNull(),
  /** The 30-second step of the last code: each code works once. */
  lastStep: integer("last_step").notNull(),
  addedAt: integer("added_at").notNull(),
  lastAt: integer("last_at"),
});

export const recoveryCodes = sqliteTable(
  "recovery_codes",
  {
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    hash: text().notNull(),
    addedAt: integer("added_at").notNull(),
    usedAt: integer("used_at"),
  },
  (t) => [primaryKey({ columns: [t.userId, t.hash] })],
);

export const passkeys = sqliteTable(
  "passkeys",
  {
    /** The credential's id, base64url. */
    id: text().primaryKey(),
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    /** COSE, base64url. */
    publicKey: text("public_key").notNull(),
    counter: integer().notNull(),
    isBackedUp: integer("is_backed_up", { mode: "boolean" }).notNull(),
    /** How the browser reached it, separated by spaces. */
    transports: text().notNull(),
    name: text().notNull(),
    addedAt: integer("added_at").notNull(),
    lastAt: integer("last_at"),
  },
  (t) => [index("passkeys_by_user").on(t.userId, t.addedAt)],
);

/** Sign-ins between the right password and the second step; they open nothing. */
export const pendingSignIns = sqliteTable(
  "pending_sign_ins",
  {
    id: text().primaryKey(),
    secretHash: text("secret_hash").notNull(),
    userId: text("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
    passwordVersion: integer("password_version").notNull(),
    timeZone: text("time_zone"),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("pending_sign_ins_by_user").on(t.userId), index("pending_sign_ins_to_remove").on(t.expiresAt)],
);

/** Used passkey challenges and tickets, until they would have expired: each works once. */
export const usedChallenges = sqliteTable(
  "used_challenges",
  {
    hash: text().primaryKey(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("used_challenges_to_remove").on(t.expiresAt)],
);
