import assert from "node:assert/strict";
import type { SMTPServerOptions } from "smtp-server";
import { addMail } from "../db/mail/outbox.ts";
import { links, outbox } from "../db/schema.ts";
import { findUser } from "../db/users.ts";
import { createTransport } from "../mail/transport.ts";
import { paths } from "../http/paths.ts";
import { DAY, EMAIL, HOUR } from "./app.ts";
import { MAIL_FROM, startMailServer, startWithMail } from "./mail.ts";

// Security: mail servers
Deno.test("mail whose recipient the server refuses is tried for a day, and then logged as given up", async () => {
  const onRcptTo: SMTPServerOptions["onRcptTo"] = (_address, _session, callback) =>
    callback(Object.assign(new Error(`No such user: ${EMAIL}`), { responseCode: 550 }));
  await using site = await startWithMail({ faults: { onRcptTo } });
  const { db, clock, log } = site;
  await write(site);

  const pauses = [];
  for (let next; (next = await nextPause(site)) !== null;) {
    pauses.push(next / 1000);
    clock.now += next;
  }

  assert.deepEqual(pauses.slice(0, 12), [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
  assert.ok(clock.now - site.startedAt >= DAY && clock.now - site.startedAt < DAY + 2 * HOUR);
  assert.equal(await db.$count(outbox), 0);
  const failed = log.filter((line) => line.includes("mail_failed"));
  assert.deepEqual(JSON.parse(failed[0]!), {
    ...{ event: "mail_failed", user: (await findUser(db, EMAIL))!.id, mail: "locked", count: 1 },
    ...{ code: "EENVELOPE", status: 550 },
  });
  assert.match(log.at(-1)!, /^{"event":"mail_given_up","user":"[\w-]+","mail":"locked","count":1}$/);
  // A server's words may have the address in them.
  assert.doesNotMatch(log.join(), /marta|No such user/);
});

// Security: mail servers
Deno.test("mail that a server accepts later is sent once", async () => {
  let refuse = true;
  const onMailFrom: SMTPServerOptions["onMailFrom"] = (_address, _session, callback) =>
    refuse ? callback(Object.assign(new Error("Try again later"), { responseCode: 451 })) : callback();
  await using site = await startWithMail({ faults: { onMailFrom } });
  await write(site);
  await site.sendMail();
  refuse = false;

  await site.sendMail();
  assert.equal(site.received.length, 0, "it isn't due yet");
  site.clock.now += 5_000;
  await site.sendMail();

  assert.deepEqual([site.received.length, await site.db.$count(outbox)], [1, 0]);
  assert.match(site.log.join(), /"mail_failed".*"status":451/);
});

// Security: mail servers
Deno.test("a server that closes in the middle of a message gets the same message the next time", async () => {
  let close = true;
  await using server = await startMailServer();
  const take = server.options.onData!;
  server.options.onData = (stream, session, callback) => {
    if (!close) return take.call(server.smtp, stream, session, callback);
    stream.once("data", () => server.disconnect());
    stream.resume();
  };
  await using site = await startWithMail({ server });
  await write(site);
  await site.sendMail();
  assert.deepEqual([server.received.length, await site.db.$count(outbox)], [0, 1]);
  close = false;
  site.clock.now += 5_000;

  await site.sendMail();

  assert.deepEqual([server.received.length, await site.db.$count(outbox)], [1, 0]);
});

// Security: mail servers
Deno.test("a server that never answers delays no request, and is given up after the timeout", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) accepted.push(connection);
  })();
  const send = createTransport(
    { url: new URL(`smtp://127.0.0.1:${listener.addr.port}`), from: MAIL_FROM, timeout: 100 },
    "panel.example",
  );

  await assert.rejects(send({ id: "1", to: EMAIL, subject: "subject", text: "text" }), {
    name: "NotSent",
    code: "ETIMEDOUT",
    mayBeSent: false,
  });

  assert.equal(accepted.length, 1);
  for (const connection of accepted) connection.close();
  listener.close();
  await accepting;
});

// Security: mail servers
Deno.test("a server that can't be reached or has a bad certificate gets no mail", async () => {
  await using plain = await startMailServer();
  await using tls = await startMailServer({ secure: true });
  const message = { id: "1", to: EMAIL, subject: "subject", text: "text" };
  const sendTo = (url: string) =>
    createTransport({ url: new URL(url), from: MAIL_FROM, timeout: 1_000 }, "panel.example")(message);

  await assert.rejects(sendTo(`smtps://127.0.0.1:${tls.url.port}`), {
    name: "NotSent",
    code: "DEPTH_ZERO_SELF_SIGNED_CERT",
    mayBeSent: false,
  });
  await assert.rejects(sendTo(`smtps://127.0.0.1:${plain.url.port}`), { name: "NotSent", mayBeSent: false });
  await assert.rejects(sendTo("smtp://127.0.0.1:1"), { name: "NotSent", code: "ECONNREFUSED", mayBeSent: false });

  assert.deepEqual([plain.received.length, tls.received.length], [0, 0]);
});

// Security: mail servers
Deno.test("off the loopback, a server that doesn't switch to TLS gets neither the password nor mail", async () => {
  const seen: string[] = [];
  await using server = await startMailServer({
    authOptional: true,
    onAuth(auth, _session, callback) {
      seen.push(auth.method);
      callback(null, { user: "panel" });
    },
  });
  // An address of this machine that isn't written as one of the loopback's.
  const url = new URL(`smtp://panel:password@127.0.0.2:${server.url.port}`);
  const send = createTransport({ url, from: MAIL_FROM, timeout: 1_000 }, "panel.example");

  await assert.rejects(send({ id: "1", to: EMAIL, subject: "subject", text: "text" }), {
    name: "NotSent",
    mayBeSent: false,
  });

  assert.deepEqual([seen, server.received.length], [[], 0]);
});

// Security: mail servers
Deno.test("a server with a certificate for its name gets mail over TLS, from the start or by STARTTLS", async () => {
  const { key, cert } = await makeCertificate("DNS:localhost,IP:127.0.0.2");
  await using tls = await startMailServer({ secure: true, key, cert });
  await using plain = await startMailServer({ key, cert, disabledCommands: [] });
  const another = await makeCertificate("DNS:mail.example.com");
  await using other = await startMailServer({ secure: true, ...another });
  const message = { id: "1", to: EMAIL, subject: "subject", text: "text" };
  const sendTo = (url: string, ca: string = cert) =>
    createTransport({ url: new URL(url), from: MAIL_FROM, ca, timeout: 2_000 }, "panel.example")(message);

  await sendTo(`smtps://localhost:${tls.url.port}`);
  await sendTo(`smtp://127.0.0.2:${plain.url.port}`);
  await assert.rejects(sendTo(`smtps://localhost:${other.url.port}`, another.cert), {
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
  });

  assert.deepEqual([tls.received.length, plain.received.length, other.received.length], [1, 1, 0]);
});

// Security: mail servers
Deno.test("a user and a password are sent to the server", async () => {
  const seen: unknown[] = [];
  await using server = await startMailServer({
    authOptional: false,
    onAuth({ username, password }, _session, callback) {
      seen.push([username, password]);
      callback(null, { user: "panel" });
    },
  });
  const url = new URL(`smtp://pan%40el:p%3Ass%20word@127.0.0.1:${server.url.port}`);

  await createTransport({ url, from: MAIL_FROM }, "panel.example")({ id: "1", to: EMAIL, subject: "s", text: "text" });

  assert.deepEqual([seen, server.received.length], [[["pan@el", "p:ss word"]], 1]);
});

Deno.test("links of mail that wasn't sent are removed", async () => {
  let refuse = false;
  const onRcptTo: SMTPServerOptions["onRcptTo"] = (_address, _session, callback) =>
    refuse ? callback(Object.assign(new Error("No"), { responseCode: 450 })) : callback();
  await using site = await startWithMail({ faults: { onRcptTo } });
  await write(site, "forgotten");
  await site.sendMail();
  const sent = await site.db.select().from(links);
  refuse = true;
  await write(site, "forgotten");
  for (let i = 0; i < 5; i++) {
    await site.sendMail();
    site.clock.now += HOUR;
  }

  assert.deepEqual([sent.length, await site.db.select().from(links)], [1, sent]);
});

// Security: mail servers
Deno.test("while the server fails, requests are answered and nothing is lost", async () => {
  const faults: SMTPServerOptions = {
    onConnect: (_session, callback) => callback(Object.assign(new Error("Busy"), { responseCode: 421 })),
  };
  await using site = await startWithMail({ faults });
  const here = site.browser();
  assert.equal((await here.signIn()).status, 303);
  const fields = { current_password: "correct horse battery staple", new_password: "much better than that one" };
  const changed = await here.submit(paths.password, { ...fields, new_password_again: fields.new_password });

  assert.equal(changed.status, 303);
  assert.deepEqual((await site.db.select().from(outbox)).map(({ event, attempts }) => [event, attempts]), [
    ["password_changed", 1],
  ]);
});

type Site = Awaited<ReturnType<typeof startWithMail>>;

async function write({ db, clock }: Site, event: "locked" | "forgotten" = "locked"): Promise<void> {
  await addMail(db, { userId: (await findUser(db, EMAIL))!.id, event }, clock.now);
}

/** Tries to send what is due. Returns in how many milliseconds it is tried again; `null` if it isn't. */
async function nextPause({ db, clock, sendMail }: Site): Promise<number | null> {
  await sendMail();
  const [row] = await db.select().from(outbox);
  return row ? row.dueAt - clock.now : null;
}

/** Makes a certificate that signs itself. */
async function makeCertificate(names: string): Promise<{ key: string; cert: string }> {
  const args = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=mail",
    "-keyout",
    "-",
    "-out",
    "-",
  ];
  const { stdout } = await new Deno.Command("openssl", {
    args: [...args, "-addext", `subjectAltName=${names}`],
    stderr: "null",
  })
    .output();
  const text = new TextDecoder().decode(stdout);
  const [key = "", cert = ""] = text.match(/-----BEGIN [^]+?-----END [^-]+-----/g) ?? [];
  return { key, cert };
}
