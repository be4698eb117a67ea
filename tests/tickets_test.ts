import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { createTicketReader } from "../credentials/tickets.ts";
import { disableUser } from "../db/accounts/disabling.ts";
import { connections, usedChallenges, users } from "../db/schema.ts";
import { findUser, removeUser, renameUser } from "../db/users.ts";
import { sweep } from "../db/retention.ts";
import { paths, pathsBelow } from "../http/paths.ts";
import { addAccount, DAY, EMAIL, MINUTE, PASSWORD, START, startApp } from "./app.ts";
import { startRemote } from "./remote.ts";
import { addAuthenticator, startWithKey } from "./second_factor.ts";
import { startWithTickets, TICKET_KEY, ticketOf, ticketPath, toBase64 } from "./tickets.ts";

const NOW = START / 1000;
const CROSS = { "Sec-Fetch-Site": "cross-site" };

// Security: tickets
Deno.test("a ticket signs its owner in once, from the browser's own address, and redirects", async () => {
  const { browser, db, log } = await startWithTickets();
  const [here, again] = [browser("203.0.113.5"), browser()];
  const ticket = ticketOf();

  const answer = await here.get(ticketPath(ticket, "/orders?page=2"), { "Sec-Fetch-Site": "same-site" });

  assert.deepEqual([answer.status, answer.headers.get("Location")], [303, "/orders?page=2"]);
  assert.equal(await here.isIn(), true);
  const [row] = await db.select().from(connections);
  assert.deepEqual([row!.ip, row!.method], ["203.0.113.5", "host"]);
  const used = await again.get(ticketPath(ticket));
  assert.equal(used.status, 400);
  assert.match(used.text, /This sign-in no longer works/);
  assert.equal(await again.isIn(), false);
  assert.equal(await db.$count(connections), 1);
  assert.ok(log.some((line) => line.includes('"authn_login_fail"') && line.includes('"ticket"')));
  assert.doesNotMatch(log.join(), new RegExp(ticket.slice(0, 20)));
});

Deno.test("an address without an account gets one without a password, and a ticket finds it again", async () => {
  const { browser, db, log } = await startWithTickets();
  const here = browser();

  assert.equal((await here.get(ticketPath(ticketOf({ sub: "Łukasz@Example.com" })))).status, 303);

  const user = (await findUser(db, "łukasz@example.com"))!;
  assert.equal(user.passwordHash, "");
  assert.ok(log.some((line) => line.includes('"user_created"') && line.includes(user.id)));
  assert.equal((await browser().get(ticketPath(ticketOf({ sub: "łukasz@example.com" })))).status, 303);
  assert.equal(await db.$count(users), 2);
});

// Security: tickets
Deno.test("an expired, early, unsigned or wrongly signed ticket opens nothing and adds no account", async () => {
  const { browser, db } = await startWithTickets();
  const [head, body, signature] = ticketOf({ sub: "new@example.com" }).split(".");
  const sub = "new@example.com";
  const none = toBase64(JSON.stringify({ alg: "none" }));

  const bad = [
    "",
    "x",
    "..",
    `${head}.${body}`,
    `${head}.${body}.`,
    `${head}.${body}.${signature}x`,
    `${head}.${toBase64(JSON.stringify({ sub, jti: "1", exp: NOW + 30 }))}.${signature}`,
    `${none}.${body}.`,
    `${none}.${body}.${signature}`,
    ticketOf({ sub }, { key: "another-key-that-is-long-enough-too" }),
    ticketOf({ sub }, { header: { alg: "none" } }),
    ticketOf({ sub }, { header: { alg: "HS512" }, hash: "sha512" }),
    ticketOf({ sub }, { header: { alg: "HS384" } }),
    ticketOf({ sub }, { header: { crit: ["b64"], b64: false } }),
    ticketOf({ sub, exp: NOW }),
    ticketOf({ sub, exp: NOW - 1 }),
    ticketOf({ sub, exp: NOW + 60.001 }),
    ticketOf({ sub, exp: NOW + 3600 }),
    ticketOf({ sub, exp: "soon" }),
    ticketOf({ sub, exp: null }),
    ticketOf({ sub, jti: undefined }),
    ticketOf({ sub, jti: "" }),
    ticketOf({ sub, jti: 7 }),
    ticketOf({ sub, jti: "x".repeat(201) }),
    ticketOf({ sub: undefined }),
    ticketOf({ sub: ["new@example.com"] }),
    ticketOf({ sub: "new" }),
    ticketOf({ sub: "new@example.com\nRemote-User: joan" }),
  ];
  for (const ticket of bad) {
    const { status, headers } = await browser().get(ticketPath(ticket, "/orders"));
    assert.equal(status, 400, ticket);
    assert.deepEqual(headers.getSetCookie().filter((cookie) => cookie.includes("session")), []);
  }
  assert.equal(await db.$count(users), 1);
  assert.equal(await db.$count(connections), 0);
  assert.equal((await browser().get(ticketPath(ticketOf({ exp: NOW + 60 })))).status, 303);
  assert.equal((await browser().get(ticketPath(ticketOf({ exp: NOW + 0.5 })))).status, 303);
});

// Security: tickets
Deno.test("a ticket with an audience works for that audience only", async () => {
  const readTicket = createTicketReader([TICKET_KEY], "https://panel.example");
  const { browser } = await startWithTickets({ readTicket });
  const status = async (aud: unknown) => (await browser().get(ticketPath(ticketOf({ aud })))).status;

  for (const aud of ["https://panel.example", ["billing", "https://panel.example"], undefined]) {
    assert.equal(await status(aud), 303, JSON.stringify(aud));
  }
  for (const aud of ["https://other.example", "https://panel.example/", ["billing"], [], "", null, 7, {}, [7]]) {
    assert.equal(await status(aud), 400, JSON.stringify(aud));
  }
});

// Security: tickets
Deno.test("a used ticket adds no account, even after its own was removed or renamed", async () => {
  const { browser, db } = await startWithTickets();
  const [removed, renamed] = [ticketOf({ sub: "joan@example.com" }), ticketOf({ sub: "jordi@example.com" })];
  for (const ticket of [removed, renamed]) assert.equal((await browser().get(ticketPath(ticket))).status, 303);
  await removeUser(db, "joan@example.com");
  await renameUser(db, "jordi@example.com", "jordi@new.example");

  for (const ticket of [removed, renamed]) assert.equal((await browser().get(ticketPath(ticket))).status, 400);

  const emails = (await db.select().from(users)).map(({ email }) => email);
  assert.deepEqual(emails.toSorted(), ["jordi@new.example", EMAIL].toSorted());
});

// Security: tickets
Deno.test("of many requests with one ticket at once one signs in, over a remote database too", async () => {
  await using remote = await startRemote();
  for (const db of [undefined, remote.db]) {
    const { browser, db: own } = await startWithTickets(db && { db });
    const ticket = ticketOf();

    const answers = await Promise.all(Array.from({ length: 8 }, () => browser().get(ticketPath(ticket))));

    const statuses = answers.map(({ status }) => status);
    assert.deepEqual(statuses.toSorted(), [303, 400, 400, 400, 400, 400, 400, 400]);
    assert.equal(await own.$count(connections), 1);
  }
});

// Security: tickets
Deno.test("prefetching and HEAD don't use a ticket up, and a used one is stored until it expires", async () => {
  const { browser, db, clock } = await startWithTickets();
  const here = browser();
  const ticket = ticketOf();

  for (
    const headers of [{ "Sec-Purpose": "prefetch" }, { "Sec-Purpose": "prefetch;prerender" }, { Purpose: "prefetch" }]
  ) {
    assert.equal((await here.get(ticketPath(ticket), headers)).status, 400);
  }
  assert.equal((await here.request(ticketPath(ticket), { method: "HEAD" })).status, 400);
  assert.equal((await here.get(ticketPath(ticket))).status, 303);

  const lifetime = { idle: 7 * DAY, max: 30 * DAY };
  await sweep(db, lifetime, 0, clock.now + 29_999);
  assert.equal((await here.get(ticketPath(ticket))).status, 400);
  assert.equal(await db.$count(usedChallenges), 1);
  await sweep(db, lifetime, 0, clock.now + 30_000);
  assert.equal(await db.$count(usedChallenges), 0);
  clock.now += 30_000;
  assert.equal((await here.get(ticketPath(ticket))).status, 400);
});

// Security: tickets, CSRF
Deno.test("a ticket asks first unless a page of this site links to it: a mail's link may redirect through another site", async () => {
  const { browser, db } = await startWithTickets();
  const comeBy = async (site: string) => {
    const here = browser();
    const { status, $ } = await here.get(ticketPath(ticketOf()), { "Sec-Fetch-Site": site });
    return [status, $("h1").text(), await here.isIn()];
  };

  const asked = [200, `Continue as ${EMAIL}?`, false];
  for (const site of ["cross-site", "none", "None", "", "unheard-of"]) {
    assert.deepEqual(await comeBy(site), asked, site);
  }
  assert.equal(await db.$count(connections), 0);
  for (const site of ["same-origin", "same-site"]) assert.deepEqual(await comeBy(site), [303, "", true]);
});

// Security: tickets, CSRF
Deno.test("a sign-in doesn't redirect to another account's ticket, however its path is written", async () => {
  const { browser } = await startWithTickets({ base: "/account" });
  const at = pathsBelow("/account");
  const ticketAt = (path: string) => `${path}?ticket=${ticketOf({ sub: "mallory@example.com" })}`;
  const written = ["/account/sign-in/ticket", "/account/%73ign-in/ticket", "/account/sign%2Din/%74icket"];
  const more = [
    "/%61ccount/SIGN-IN/ticket",
    "/%61%63count/%73%69gn%2din/ticke%74",
    "/account/%5Fx/../%73ign-in/ticket",
  ];

  for (const path of [...written, ...more]) {
    const here = browser();
    const own = `${at.ticket}?${new URLSearchParams({ ticket: ticketOf(), next: ticketAt(path) })}`;
    assert.equal((await here.get(own)).headers.get("Location"), at.connections, path);
    const { headers } = await here.get(`${at.signIn}?${new URLSearchParams({ next: ticketAt(path) })}`);
    assert.equal(headers.get("Location"), at.connections, path);
  }
});

// Security: tickets, CSRF
Deno.test("from another site a ticket asks first, and signs in only by its form", async () => {
  const { browser, db } = await startWithTickets();
  const here = browser();
  const ticket = ticketOf({ sub: "mallory@example.com" });

  const page = await here.get(ticketPath(ticket, "/orders"), CROSS);

  assert.equal(page.status, 200);
  assert.equal(page.$("h1").text(), "Continue as mallory@example.com?");
  assert.equal(page.headers.get("Referrer-Policy"), "no-referrer");
  assert.equal(await here.isIn(), false);
  assert.equal(await db.$count(users), 1, "no account is made yet");
  const fields = { ticket, next: "/orders" };
  const otherSite = { Origin: "https://evil.example", ...CROSS };
  assert.equal(
    (await here.post(paths.ticket, { ...fields, csrf: page.$("[name=csrf]").attr("value")! }, otherSite)).status,
    403,
  );
  const noCsrf = await here.post(paths.ticket, fields);
  assert.equal(noCsrf.status, 403);
  assert.equal(noCsrf.$("main form").attr("action"), paths.ticket, "the form again");
  assert.equal((await browser().post(paths.ticket, fields)).status, 403);
  assert.equal(await db.$count(connections), 0);

  const csrf = noCsrf.$("[name=csrf]").attr("value")!;
  const answer = await here.post(paths.ticket, { ...fields, csrf, time_zone: "Europe/Madrid" });
  assert.deepEqual([answer.status, answer.headers.get("Location")], [303, "/orders"]);
  assert.equal((await findUser(db, "mallory@example.com"))!.timeZone, "Europe/Madrid");
  assert.equal((await here.post(paths.ticket, { ...fields, csrf })).status, 400, "once");
});

Deno.test("a ticket's form that was sent too late is refused, with a link to the panel's sign-in", async () => {
  const { browser, clock } = await startWithTickets({ signIn: "/login" });
  const here = browser();
  const page = await here.get(ticketPath(ticketOf()), CROSS);
  clock.now += 31_000;

  const fields = Object.fromEntries(
    page.$("main form input").toArray().map(({ attribs }) => [attribs.name!, attribs.value ?? ""]),
  );
  const late = await here.post(paths.ticket, fields);

  assert.equal(late.status, 400);
  assert.equal(late.$("main a").attr("href"), "/login");
});

// ASVS 3.7.2
Deno.test("a ticket redirects to a path of this site only, and without one to the panel's start page", async () => {
  const { browser } = await startWithTickets({ home: "/panel" });
  const locationOf = async (next?: string) =>
    (await browser().get(ticketPath(ticketOf(), next))).headers.get("Location");

  assert.equal(await locationOf("https://evil.example/"), paths.connections);
  assert.equal(await locationOf("//evil.example"), paths.connections);
  assert.equal(await locationOf(), "/panel");
});

// Security: tickets
Deno.test("while a key is replaced, tickets of both work, and then only of the new one", async () => {
  const base64 = randomBytes(32).toString("base64");
  const { browser } = await startWithTickets({ readTicket: createTicketReader([base64, TICKET_KEY]) });
  const status = async (key: string | Uint8Array) => (await browser().get(ticketPath(ticketOf({}, { key })))).status;

  assert.equal(await status(TICKET_KEY), 303);
  assert.equal(await status(base64), 303);
  assert.equal(await status(Buffer.from(base64, "base64")), 303, "the bytes that it stands for");
  const { browser: after } = await startWithTickets({ readTicket: createTicketReader([base64]) });
  assert.equal((await after().get(ticketPath(ticketOf()))).status, 400);
});

// Security: tickets
Deno.test("a key that looks like base64, but has a length that none has, is a text", async () => {
  const key = "x".repeat(33);
  const { browser } = await startWithTickets({ readTicket: createTicketReader([key]) });

  assert.equal((await browser().get(ticketPath(ticketOf({}, { key })))).status, 303);
});

// Security: tickets, ASVS 7.5.2
Deno.test("a ticket confirms for 5 minutes, and then a confirmation asks for another one at the panel's sign-in", async () => {
  const { browser, clock } = await startWithTickets({ signIn: "https://acme.example/login" });
  const ticketOfNow = () => ticketPath(ticketOf({ sub: "joan@example.com", exp: clock.now / 1000 + 30 }));
  const [here, there] = [browser(), browser()];
  await there.get(ticketOfNow());
  await here.get(ticketOfNow());
  clock.now += 5 * MINUTE + 1;

  const refused = await here.submit(paths.closeAll);
  assert.equal(refused.status, 422);
  assert.equal(refused.$("[name=password]").length, 0);
  const link = refused.$("main form a[href^='https:']").attr("href")!;
  assert.match(link, /^https:\/\/acme\.example\/login\?next=/);
  assert.equal(await there.isIn(), true);

  await here.get(ticketOfNow());
  assert.equal((await here.submit(paths.closeAll)).status, 303);
  assert.equal(await there.isIn(), false);
  assert.equal(await here.isIn(), true);
});

// Security: tickets, disabled accounts
Deno.test("a ticket opens nothing for a disabled account", async () => {
  const { browser, db, clock } = await startWithTickets();
  await disableUser(db, (await findUser(db, EMAIL))!, clock.now);

  assert.equal((await browser().get(ticketPath(ticketOf()))).status, 400);
  assert.equal(await db.$count(connections), 0);
});

Deno.test("another account's ticket replaces the browser's connection", async () => {
  const { browser, db } = await startWithTickets();
  await addAccount(db, "joan@example.com", PASSWORD);
  const here = browser();
  await here.get(ticketPath(ticketOf()));

  await here.get(ticketPath(ticketOf({ sub: "joan@example.com" })));

  assert.match((await here.get(paths.connections)).text, /joan@example\.com/);
  const rows = await db.select().from(connections);
  assert.deepEqual(rows.map(({ endReason }) => endReason).toSorted(), [null, "signed_out"].toSorted());
});

Deno.test("where a second step is required, a ticket redirects to adding one", async () => {
  const readTicket = createTicketReader([TICKET_KEY]);
  const { browser, clock, here } = await startWithKey({ readTicket, requiresSecondFactor: true });
  const there = browser();
  await there.get(ticketPath(ticketOf()));

  assert.equal((await there.get(paths.connections)).headers.get("Location"), paths.methods);
  await addAuthenticator(here, clock);
  await there.get(ticketPath(ticketOf({ exp: clock.now / 1000 + 30 })));
  assert.equal(await there.isIn(), true, "the panel's own sign-in asks for what it wants");
});

Deno.test("without TICKET_KEY there are no tickets", async () => {
  const { browser } = await startApp();
  const here = browser();
  const { $ } = await here.get(paths.signIn);

  assert.equal((await here.get(ticketPath(ticketOf()))).status, 404);
  const csrf = $("[name=csrf]").attr("value")!;
  assert.equal((await here.post(paths.ticket, { csrf, ticket: ticketOf() })).status, 404);
  assert.equal((await here.post(paths.ticket, { ticket: ticketOf() })).status, 403);
});

// Security: CSP
Deno.test("a form may redirect to the panel's own sign-in, and to no other site", async () => {
  const { browser } = await startWithTickets({ signIn: "https://acme.example/login" });
  const here = browser();
  await here.get(ticketPath(ticketOf()));

  const policy = (await here.get(paths.signOut)).headers.get("Content-Security-Policy");

  assert.match(policy ?? "", /form-action 'self' https:\/\/acme\.example;/);
  assert.equal((await here.submit(paths.signOut)).headers.get("Location"), "https://acme.example/login");
});
