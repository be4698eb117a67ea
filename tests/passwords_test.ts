import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { argon2Verify } from "hash-wasm";
import { argon2id, type Cost, inWebAssembly, OWASP_COST } from "../credentials/argon2id.ts";
import { UnreadableHash } from "../credentials/other_hashes.ts";
import { createPasswords } from "../credentials/passwords.ts";
import { LONGEST_PASSWORD, passwordProblem } from "../credentials/policy.ts";
import { users } from "../db/schema.ts";
import { addUser } from "../db/users.ts";
import { openDatabase } from "../db/database.ts";
import { CHEAP, EMAIL, PASSWORD, START, startApp, STRANGER } from "./app.ts";
import { verify } from "./passwords.ts";

// ASVS 11.4.2
Deno.test("a password is stored as a PHC string of Argon2id with 46 MiB and one pass", async () => {
  const stored = await createPasswords().hash(PASSWORD);

  assert.match(stored ?? "", /^\$argon2id\$v=19\$m=47104,t=1,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  assert.equal(await verify(createPasswords(), PASSWORD, stored!, STRANGER), true);
});

// ASVS 11.4.2
Deno.test("WebCrypto and WebAssembly derive the same Argon2id hash", async () => {
  const stored = await createPasswords().hash(PASSWORD);
  const [, , , , salt, key] = stored!.split("$") as [string, string, string, string, string, string];

  const same = await inWebAssembly(new TextEncoder().encode(PASSWORD), Buffer.from(salt, "base64"), 47_104, 1);

  assert.equal(Buffer.from(same).toString("base64").replace(/=+$/, ""), key);
});

// ASVS 11.4.2
Deno.test("another Argon2 implementation verifies the stored string", async () => {
  const stored = await createPasswords(CHEAP).hash("contraseña más larga");

  assert.equal(await argon2Verify({ password: "contraseña más larga", hash: stored! }), true);
  assert.equal(await argon2Verify({ password: "contrasena mas larga", hash: stored! }), false);
});

// ASVS 11.4.2
Deno.test("a password hashed with WebCrypto's Argon2id verifies without it, and the other way round", async () => {
  const passwords = createPasswords(CHEAP);
  const there = await passwords.hash(PASSWORD);
  const { importKey } = crypto.subtle;
  // The error of Deno before 2.9.
  crypto.subtle.importKey = () => Promise.reject(new DOMException("Unrecognized algorithm name", "NotSupportedError"));
  try {
    assert.equal(await verify(passwords, PASSWORD, there!, STRANGER), true);
    assert.equal(await verify(passwords, "not the password at all", there!, STRANGER), false);
    const here = await passwords.hash(PASSWORD);
    crypto.subtle.importKey = importKey;
    assert.equal(await verify(passwords, PASSWORD, here!, STRANGER), true);
  } finally {
    crypto.subtle.importKey = importKey;
  }
});

// Security: DoS
Deno.test("hashing in WebAssembly doesn't block the main thread", async () => {
  let turns = 0;
  const counting = setInterval(() => turns++);

  await inWebAssembly(new TextEncoder().encode(PASSWORD), new Uint8Array(16), OWASP_COST.memory, 4);

  clearInterval(counting);
  assert.ok(turns > 10, `${turns}`);
});

// ASVS 11.4.2
Deno.test("each hash has its own salt", async () => {
  const passwords = createPasswords(CHEAP);

  assert.notEqual(await passwords.hash(PASSWORD), await passwords.hash(PASSWORD));
});

Deno.test("verify returns true for the right password and false for any other", async () => {
  const passwords = createPasswords(CHEAP);
  const stored = await passwords.hash(PASSWORD);

  assert.equal(await verify(passwords, PASSWORD, stored!, STRANGER), true);
  assert.equal(await verify(passwords, `${PASSWORD} `, stored!, STRANGER), false);
  assert.equal(await verify(passwords, PASSWORD.toUpperCase(), stored!, STRANGER), false);
  assert.equal(await verify(passwords, `${PASSWORD}\u0000`, stored!, STRANGER), false);
  assert.equal(await verify(passwords, "", stored!, STRANGER), false);
});

// ASVS 6.3.8
Deno.test("verify does the same work for an unknown account, and returns false", async () => {
  const watched = watchHashes();
  const passwords = createPasswords(CHEAP, watched.derive);

  assert.equal(await verify(passwords, PASSWORD, undefined, STRANGER), false);
  assert.equal(await verify(passwords, "", undefined, STRANGER), false);

  assert.deepEqual(watched.costs, [CHEAP, CHEAP]);
});

Deno.test("verify uses the stored cost, not the current one", async () => {
  const stored = await createPasswords({ memory: 128, passes: 2 }).hash(PASSWORD);

  assert.equal(await verify(createPasswords(CHEAP), PASSWORD, stored!, STRANGER), true);
});

Deno.test("verify throws for a string that is no hash, and keeps working", async () => {
  const passwords = createPasswords(CHEAP);
  const stored = await passwords.hash(PASSWORD);
  for (let i = 0; i < 20; i++) {
    await assert.rejects(verify(passwords, PASSWORD, "$2b$10$abcdefghijklmnopqrstuv", STRANGER), UnreadableHash);
  }

  assert.equal(await verify(passwords, PASSWORD, stored!, STRANGER), true);
});

// ASVS 6.2
Deno.test("composed letters and combining accents make the same password", async () => {
  const passwords = createPasswords(CHEAP);
  const composed = "contraseña pingüino".normalize("NFC");
  const combining = composed.normalize("NFD");
  assert.notEqual(composed, combining);

  assert.equal(await verify(passwords, combining, (await passwords.hash(composed))!, STRANGER), true);
  assert.equal(await verify(passwords, composed, (await passwords.hash(combining))!, STRANGER), true);
});

Deno.test("compatibility characters in a password are not folded: ﬁ is not fi", async () => {
  const passwords = createPasswords(CHEAP);

  assert.equal(
    await verify(passwords, "fine and long enough", (await passwords.hash("ﬁne and long enough"))!, STRANGER),
    false,
  );
});

// ASVS 6.2
Deno.test("a password of over 1,024 bytes is not truncated", async () => {
  const passwords = createPasswords(CHEAP);
  const long = "rain on a window".repeat(96);
  const emoji = "🦉🔑🌍☂".repeat(80);

  assert.equal(await passwordProblem(`${long.slice(0, -1)}!`, EMAIL), null);
  assert.equal(await verify(passwords, long, (await passwords.hash(long))!, STRANGER), true);
  assert.equal(await verify(passwords, `${long.slice(0, -1)}.`, (await passwords.hash(long))!, STRANGER), false);
  assert.ok(new TextEncoder().encode(emoji).length > 1024);
  assert.equal(await verify(passwords, emoji, (await passwords.hash(emoji))!, STRANGER), true);
  assert.equal(await verify(passwords, emoji.slice(0, -1), (await passwords.hash(emoji))!, STRANGER), false);
});

// ASVS 6.2
Deno.test("a password of 1,024 bytes signs in through the form, whatever its characters", async () => {
  const ascii = await startWith("%&+=?#;/ ".repeat(114).slice(0, 1024));
  const emoji = await startWith("🦉🔑".repeat(128));

  assert.equal((await ascii.browser().signIn(EMAIL, "%&+=?#;/ ".repeat(114).slice(0, 1024))).status, 303);
  assert.equal((await emoji.browser().signIn(EMAIL, "🦉🔑".repeat(128))).status, 303);
});

// ASVS 6.2
Deno.test("the sign-in form accepts exactly the lengths that passwordProblem accepts, whatever the characters", async () => {
  // Each of these is one UTF-16 unit, three bytes of UTF-8 and nine of a form.
  const long = `${"日本語".repeat(1365)}!`;
  const { browser } = await startWith(long);

  const isAccepted = await passwordProblem(long, EMAIL) === null;
  const signsIn = (await browser().signIn(EMAIL, long)).status === 303;

  assert.equal(signsIn, isAccepted);
});

Deno.test("a password's length doesn't depend on how its letters are composed", async () => {
  const composed = `${"é".repeat(760)} and more`;
  const { browser } = await startWith(composed);

  assert.equal(await passwordProblem(composed, EMAIL), null);
  assert.equal((await browser().signIn(EMAIL, composed.normalize("NFD"))).status, 303);
});

// ASVS 6.2
Deno.test("passwordProblem rejects a run of digits, letters or keys", async () => {
  assert.equal(await passwordProblem("123456789012345", EMAIL), "common");
  assert.equal(await passwordProblem("0987654321098765", EMAIL), "common");
  assert.equal(await passwordProblem("ABCDEFGHIJKLMNO", EMAIL), "common");
  assert.equal(await passwordProblem("zyxwvutsrqponmlk", EMAIL), "common");
  assert.equal(await passwordProblem("qwertyuiopasdfgh", EMAIL), "common");
  assert.equal(await passwordProblem("qwertyuiop asdfg", EMAIL), null);
});

Deno.test("isWeak finds a hash that is cheaper than a new one", async () => {
  const weak = await createPasswords(CHEAP).hash(PASSWORD);
  const strong = await createPasswords({ memory: 256, passes: 1 }).hash(PASSWORD);
  const passwords = createPasswords({ memory: 128, passes: 1 });

  assert.equal(passwords.isWeak(weak!), true);
  assert.equal(passwords.isWeak((await passwords.hash(PASSWORD))!), false);
  assert.equal(passwords.isWeak(strong!), false);
  assert.equal(OWASP_COST.memory, 46 * 1024);
});

// ASVS 11.4.2
Deno.test("POST /sign-in replaces a hash made with weaker settings, and the password stays the same", async () => {
  const { browser, db } = await startApp({ passwords: createPasswords({ memory: 128, passes: 1 }) });
  const hashes = async () => (await db.select({ hash: users.passwordHash }).from(users)).map(({ hash }) => hash);
  const [weak] = await hashes();

  await browser().signIn(EMAIL, "not the password at all");
  const [afterWrong] = await hashes();
  await browser().signIn();
  const [afterRight] = await hashes();
  const again = await browser().signIn();
  const [afterAgain] = await hashes();

  assert.match(weak ?? "", /m=64,t=1/);
  assert.equal(afterWrong, weak);
  assert.match(afterRight ?? "", /m=128,t=1/);
  assert.equal(again.status, 303);
  assert.equal(afterAgain, afterRight);
});

Deno.test("POST /sign-in never replaces a hash with a weaker one", async () => {
  const db = await openDatabase(":memory:");
  const strong = await createPasswords({ memory: 256, passes: 1 }).hash(PASSWORD);
  await addUser(db, EMAIL, strong!, START);
  const { browser } = await startApp({ db, passwords: createPasswords(CHEAP) });

  const { status } = await browser().signIn();

  assert.equal(status, 303);
  assert.deepEqual(await db.select({ hash: users.passwordHash }).from(users), [{ hash: strong }]);
});

// Security: DoS
Deno.test("two passwords are hashed at once, and owners wait as long as it takes", async () => {
  const stored = await createPasswords(CHEAP).hash(PASSWORD);
  const watched = watchHashes();
  const passwords = createPasswords(CHEAP, watched.derive, 16);

  const answers = await Promise.all(
    Array.from(
      { length: 25 },
      (_, i) => verify(passwords, PASSWORD, stored!, { rank: "owner", account: `account ${i}` }),
    ),
  );

  assert.deepEqual(answers, Array(25).fill(true));
  assert.equal(watched.mostAtOnce, 2);
});

// Security: DoS
Deno.test("a stranger's password is hashed while sixteen wait, and further ones are turned away", async () => {
  const stored = await createPasswords(CHEAP).hash(PASSWORD);
  const watched = watchHashes();
  const passwords = createPasswords(CHEAP, watched.derive, 16);

  const answers = await Promise.all(Array.from({ length: 25 }, () => verify(passwords, PASSWORD, stored!, STRANGER)));

  assert.deepEqual(answers, [...Array(17).fill(true), ...Array(8).fill(null)]);
  assert.equal(watched.costs.length, 17);
  assert.equal(watched.mostAtOnce, 1);
});

// Security: DoS
Deno.test("on one or two cores only one password is hashed at a time", async () => {
  const stored = await createPasswords(CHEAP).hash(PASSWORD);
  const [two, one] = [watchHashes(), watchHashes()];
  const [onTwo, onOne] = [createPasswords(CHEAP, two.derive, 2), createPasswords(CHEAP, one.derive, 1)];
  const turns = Array.from({ length: 25 }, (_, i) => [STRANGER, { rank: "owner" as const, account: `account ${i}` }])
    .flat();

  const answers = await Promise.all(
    turns.flatMap((turn) => [verify(onTwo, PASSWORD, stored!, turn), verify(onOne, PASSWORD, stored!, turn)]),
  );

  assert.deepEqual([two.mostAtOnce, one.mostAtOnce], [1, 1]);
  // All owners', and of each seventeen strangers'.
  assert.equal(answers.filter((answer) => answer === true).length, 2 * (25 + 17));
});

// Security: DoS
Deno.test("hashing a new password waits in the same queue as verifying one", async () => {
  const passwords = createPasswords(CHEAP);
  const stored = await passwords.hash(PASSWORD);
  const checks = Array.from({ length: 17 }, () => verify(passwords, PASSWORD, stored!, STRANGER));

  assert.equal(await passwords.hash(PASSWORD, STRANGER), null);
  await Promise.all(checks);
  assert.notEqual(await passwords.hash(PASSWORD, STRANGER), null);
});

// Security: DoS
Deno.test("waiting passwords are hashed in order of arrival", async () => {
  const stored = await createPasswords(CHEAP).hash(PASSWORD);
  const started: string[] = [];
  const passwords = createPasswords(CHEAP, async (password, salt, cost) => {
    started.push(password);
    return await argon2id(password, salt, cost);
  });
  const passwordsInOrder = ["first", "second", "third", "fourth", "fifth", "sixth"];

  await Promise.all(passwordsInOrder.map((password) => verify(passwords, password, stored!, STRANGER)));

  assert.deepEqual(started, passwordsInOrder);
});

// ASVS 6.2
Deno.test("passwordProblem requires fifteen characters of any kind", async () => {
  assert.equal(await passwordProblem("fourteen chars", EMAIL), "too_short");
  assert.equal(await passwordProblem("fifteen letters", EMAIL), null);
  assert.equal(await passwordProblem("               x", EMAIL), null);
  assert.equal(await passwordProblem("", EMAIL), "too_short");
});

// ASVS 6.2
Deno.test("passwordProblem counts code points, not bytes or UTF-16 units", async () => {
  const owls = "🦉🔑🌍🦊🍋🎷🚲";
  assert.equal([...owls].length, 7);

  assert.equal(await passwordProblem(`${owls}1234567`, EMAIL), "too_short");
  assert.equal(await passwordProblem(`${owls}12345678`, EMAIL), null);
  assert.equal(await passwordProblem("e\u0301".repeat(7) + "abcdefg", EMAIL), "too_short");
  assert.equal(await passwordProblem("e\u0301".repeat(7) + "abcdefgh", EMAIL), null);
});

// ASVS 6.2
Deno.test("passwordProblem rejects common passwords, in any case", async () => {
  assert.equal(await passwordProblem("1234567890987654321", EMAIL), "common");
  assert.equal(await passwordProblem("q1w2e3r4t5y6u7i8o9p0", EMAIL), "common");
  assert.equal(await passwordProblem("Qwerty123456789", EMAIL), "common");
  assert.equal(await passwordProblem("QWERTYUIOP12345", EMAIL), "common");
});

// ASVS 6.2.4, 6.1.2, 6.2.11
Deno.test("passwordProblem rejects a common password between digits and signs, repeated or both", async () => {
  assert.equal(await passwordProblem("iloveyou1234567", EMAIL), "common");
  assert.equal(await passwordProblem("Password123456!", EMAIL), "common");
  assert.equal(await passwordProblem("letmeinletmein1", EMAIL), "common");
  assert.equal(await passwordProblem("...2026 sunshine 2026...", EMAIL), "common");
  assert.equal(await passwordProblem("dragon, dragon, dragon!", EMAIL), "common");
  assert.equal(await passwordProblem("superman12superman12", EMAIL), "common");
  assert.equal(await passwordProblem("P@ssw0rd_P@ssw0rd_1", EMAIL), "common");
  assert.equal(await passwordProblem("!!!!!!!!!abc123!!!", EMAIL), "common");
  assert.equal(await passwordProblem("aaaaaaaaaaaaaa1", EMAIL), "common");
  assert.equal(await passwordProblem("1abcdefghijklmn1", EMAIL), "common");
});

// ASVS 6.2.4, 6.1.2, 6.2.11
Deno.test("passwordProblem rejects each of more than 3,000 common passwords that are long enough when repeated", async () => {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  const doubled = dictionary["passwords-common"].map((word) => word + word).filter((word) => [...word].length >= 15);

  const accepted = await Array.fromAsync(doubled, async (password) => await passwordProblem(password, EMAIL) === null);

  assert.ok(doubled.length > 3_000, `${doubled.length}`);
  assert.equal(accepted.filter(Boolean).length, 0);
});

// ASVS 6.2.4, 6.1.2, 6.2.11
Deno.test("passwordProblem accepts a passphrase, even if it contains common words, digits or a name", async () => {
  assert.equal(await passwordProblem("correct horse battery staple", EMAIL), null);
  assert.equal(await passwordProblem("sunshine over dragon hill", EMAIL), null);
  assert.equal(await passwordProblem("83 owls, 12 monkeys", EMAIL), null);
  assert.equal(await passwordProblem("marta waters the garden", EMAIL), null);
  assert.equal(await passwordProblem("Ana2 quiet lighthouse", "ana@example.com"), null);
  assert.equal(await passwordProblem("information superhighway", "info@example.com"), null);
  assert.equal(await passwordProblem("a connection to my history teacher", EMAIL, "Acme Hosting"), null);
  assert.equal(await passwordProblem("839201748264910", EMAIL), null);
  assert.equal(await passwordProblem("k7#Vq2!xW9$mZ4&", EMAIL), null);
  assert.equal(await passwordProblem("🦉🔑🌍🦊🍋🎷🚲🧦🪁🛶🧭🪵🪨🥾marta", EMAIL), null);
});

// ASVS 6.2.4, 6.1.2, 6.2.11
Deno.test("passwordProblem rejects what is made of the account's address, with nothing else but common passwords", async () => {
  assert.equal(await passwordProblem("marta@example.com1", EMAIL), "email");
  assert.equal(await passwordProblem("marta1234567890", EMAIL), "email");
  assert.equal(await passwordProblem("Marta.Marta.2026!", EMAIL), "email");
  assert.equal(await passwordProblem("my-marta-1234567", EMAIL), "email");
  assert.equal(await passwordProblem("password-marta-1", EMAIL), "email");
  assert.equal(await passwordProblem("garcia1234567890", "marta.garcia@example.com"), "email");
  assert.equal(await passwordProblem("MartaGarcia2026!", "marta.garcia@example.com"), "email");
  assert.equal(await passwordProblem("acmehosting2026", "marta@acme-hosting.example"), "email");
});

// ASVS 6.2.4, 6.1.2, 6.2.11
Deno.test("passwordProblem rejects what is made of the product's or the site's name", async () => {
  assert.equal(await passwordProblem("connectionhistory", EMAIL), "site");
  assert.equal(await passwordProblem("Connection-History-1", EMAIL), "site");
  assert.equal(await passwordProblem("historialdeconexiones", EMAIL), "site");
  assert.equal(await passwordProblem("AcmeHosting2026!", EMAIL, "Acme Hosting"), "site");
  assert.equal(await passwordProblem("AcmeHosting2026!", EMAIL, "Panel"), null);
  assert.equal(await passwordProblem("letmein, acme 123", EMAIL, "Acme Hosting"), "site");
});

// ASVS 6.2
Deno.test("passwordProblem rejects a short pattern that repeats", async () => {
  assert.equal(await passwordProblem("aaaaaaaaaaaaaaa", EMAIL), "common");
  assert.equal(await passwordProblem("               ", EMAIL), "common");
  assert.equal(await passwordProblem("PasswordpassWord", EMAIL), "common");
  assert.equal(await passwordProblem("🦉🔑".repeat(8), EMAIL), "common");
  assert.equal(await passwordProblem("e\u0301é".repeat(8), EMAIL), "common");
  assert.equal(await passwordProblem("a".repeat(1536), EMAIL), "common");
  assert.equal(await passwordProblem(`${"a".repeat(1535)}b`, EMAIL), null);
});

// ASVS 6.2
Deno.test("passwordProblem rejects the account's email address in any spelling, but not a password that contains it", async () => {
  assert.equal(await passwordProblem("marta@example.com", EMAIL), "email");
  assert.equal(await passwordProblem("Marta@Example.COM", EMAIL), "email");
  assert.equal(await passwordProblem("mu\u0308ller@example.com", "müller@example.com"), "email");
  assert.equal(await passwordProblem("joan@example.com", EMAIL), null);
  assert.equal(await passwordProblem("marta@example.com rides again", EMAIL), null);
});

// ASVS 6.2
Deno.test("passwordProblem rejects a password that is too long", async () => {
  const passage = "All work and no play makes Jack a dull boy. ".repeat(100);

  assert.equal(await passwordProblem(passage.slice(0, LONGEST_PASSWORD), EMAIL), null);
  assert.equal(
    await passwordProblem(passage.slice(0, LONGEST_PASSWORD + 1), EMAIL),
    "too_long",
  );
});

/** Starts the app with one account that has this password. */
async function startWith(password: string) {
  const db = await openDatabase(":memory:");
  await addUser(db, EMAIL, (await createPasswords(CHEAP).hash(password))!, START);
  return await startApp({ db });
}

/** Argon2id that records the cost of each hash, and the most that ran at once. */
function watchHashes() {
  const costs: Cost[] = [];
  let atOnce = 0;
  const watched = {
    costs,
    mostAtOnce: 0,
    async derive(password: string, salt: Uint8Array, { memory, passes }: Cost) {
      costs.push({ memory, passes });
      watched.mostAtOnce = Math.max(watched.mostAtOnce, ++atOnce);
      try {
        return await argon2id(password, salt, { memory, passes });
      } finally {
        atOnce--;
      }
    },
  };
  return watched;
}
