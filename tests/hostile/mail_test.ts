import assert from "node:assert/strict";
import fc from "fast-check";
import { addMail, type News } from "../../db/mail/outbox.ts";
import { connections, limits, outbox, users } from "../../db/schema.ts";
import { isEmail } from "../../db/users.ts";
import { createTransport } from "../../mail/transport.ts";
import { linksIn, MAIL_FROM, type Received, startMailServer, startWithMail } from "../mail.ts";
import { hostile, RUNS } from "./strings.ts";

const ODD_ADDRESSES = [
  "marta@example.com\r\nBcc: thief@evil.example",
  "marta@example.com\nSubject: hello",
  "marta@example.com, thief@evil.example",
  "thief@evil.example,marta@example.com",
  "<thief@evil.example>marta@example.com",
  "marta@example.com>\r\nRCPT TO:<thief@evil.example",
  "marta@example.com> <thief@evil.example",
  '"marta@example.com" thief@evil.example',
  "marta@example.com\u0000thief@evil.example",
  "marta;thief@evil.example",
  "group: thief@evil.example;",
];

// Security: mail headers
Deno.test("no address makes a header, a command or another recipient", async () => {
  await using server = await startMailServer();
  const send = createTransport({ url: server.url, from: MAIL_FROM }, "panel.example");
  const outcomes: string[] = [];
  for (const to of ODD_ADDRESSES) {
    await send({ id: "1", to, subject: "subject", text: "text" }).then(
      () => outcomes.push("sent"),
      (error) => outcomes.push(error.name),
    );
  }

  assert.equal(outcomes.filter((outcome) => outcome === "NotSent").length, ODD_ADDRESSES.length - 1);
  assert.deepEqual(server.received.map(({ recipients }) => recipients), [['"marta;thief"@evil.example']]);
  assert.deepEqual(server.received.map(namesIn), [HEADERS]);
});

// Security: mail headers
Deno.test("whatever an account's address is, its mail goes to that one address or to nobody", async () => {
  await using site = await startWithMail();
  const near = fc.oneof(hostile, hostile.map((text) => `${text}@example.com`), hostile.map((text) => `marta@${text}`));
  await fc.assert(
    fc.asyncProperty(near, async (email) => {
      fc.pre(isEmail(email));
      const before = site.received.length;
      await site.db.update(users).set({ email });
      await send(site, { event: "locked" });
      await site.db.delete(outbox);

      for (const mail of site.received.slice(before)) {
        assert.equal(mail.recipients.length, 1);
        assert.deepEqual(namesIn(mail), HEADERS);
        assert.equal(linksIn(mail).length, 1);
      }
    }),
    { numRuns: RUNS },
  );
});

// Security: mail headers
Deno.test("no device's name can become a header, a line or a link", async () => {
  await using site = await startWithMail();
  const here = site.browser();
  await here.signIn();
  const { id } = (await site.db.query.connections.findFirst())!;
  await fc.assert(
    fc.asyncProperty(hostile, async (device) => {
      const before = site.received.length;
      await site.db.update(connections).set({ device });
      await send(site, { event: "too_many_attempts", about: id });

      const [mail] = site.received.slice(before);
      assert.deepEqual(namesIn(mail!), HEADERS);
      assert.deepEqual(linksIn(mail!), [`/user/security/connections/${id}`]);
      const lines = (mail!.text ?? "").split("\n").filter((line) => line.startsWith("Device: "));
      assert.ok(lines.length <= 1);
      assert.doesNotMatch(lines.join().slice("Device: ".length), /\w[.:/@]\w/);
    }),
    { numRuns: RUNS * 3 },
  );
});

const HEADERS = [
  "auto-submitted",
  "content-transfer-encoding",
  "content-type",
  "date",
  "from",
  "message-id",
  "mime-version",
  "subject",
  "to",
];

function namesIn({ headerLines }: Received): string[] {
  return headerLines.map(({ key }) => key).toSorted();
}

async function send({ db, clock, sendMail }: Site, news: Omit<News, "userId">): Promise<void> {
  const [user] = await db.select().from(users);
  await addMail(db, { userId: user!.id, ...news }, clock.now);
  await db.delete(limits);
  await sendMail();
}

type Site = Awaited<ReturnType<typeof startWithMail>>;
