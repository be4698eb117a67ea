import assert from "node:assert/strict";
import { connections } from "../db/schema.ts";
import { deviceKindOf, deviceOf, readUserAgent, UNKNOWN_DEVICE } from "../visitor/devices.ts";
import { paths } from "../http/paths.ts";
import { CELL, startApp } from "./app.ts";

Deno.test("deviceOf names Firefox and its system", () => {
  assert.equal(
    deviceOf("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"),
    "Firefox on Windows",
  );
  assert.equal(
    deviceOf("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0"),
    "Firefox on macOS",
  );
  assert.equal(
    deviceOf("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
    "Firefox on Linux",
  );
  assert.equal(
    deviceOf("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
    "Firefox on Linux",
  );
  assert.equal(
    deviceOf("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0"),
    "Firefox on Android",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
    ),
    "Firefox on iPhone",
  );
});

Deno.test("deviceOf names Chrome and its system", () => {
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    "Chrome on Windows",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    "Chrome on macOS",
  );
  assert.equal(
    deviceOf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"),
    "Chrome on Linux",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    "Chrome on Chrome OS",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    ),
    "Chrome on Android",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.7444.128 Mobile/15E148 Safari/604.1",
    ),
    "Chrome on iPhone",
  );
});

Deno.test("deviceOf names Safari and its device", () => {
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    ),
    "Safari on macOS",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    ),
    "Safari on iPhone",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1",
    ),
    "Safari on iPad",
  );
});

Deno.test("deviceOf names Edge, Opera, Vivaldi and Samsung Internet, which all claim to be Chrome", () => {
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    ),
    "Edge on Windows",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0",
    ),
    "Edge on Android",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 OPR/125.0.0.0",
    ),
    "Opera on Windows",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Vivaldi/7.6.3797.63",
    ),
    "Vivaldi on Linux",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    ),
    "Samsung Internet on Android",
  );
});

Deno.test("deviceOf names a script by its product", () => {
  assert.equal(deviceOf("curl/8.14.1"), "curl");
  assert.equal(deviceOf("Wget/1.21.4"), "Wget");
  assert.equal(deviceOf("python-requests/2.32.3"), "python-requests");
  assert.equal(deviceOf("Go-http-client/2.0"), "Go-http-client");
  assert.equal(deviceOf("node"), "node");
});

Deno.test("deviceOf names systems and programs that are rare", () => {
  assert.equal(
    deviceOf("Mozilla/5.0 (X11; FreeBSD amd64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    "Firefox on FreeBSD",
  );
  assert.equal(
    deviceOf("Mozilla/5.0 (X11; OpenBSD amd64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    "Firefox on OpenBSD",
  );
  assert.equal(
    deviceOf("Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1682"),
    "PowerShell on Windows",
  );
  assert.equal(
    deviceOf("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.3.0"),
    "Thunderbird on Windows",
  );
  assert.equal(deviceOf("w3m/0.5.3+git20230121"), "w3m");
  assert.equal(deviceOf("Lynx/2.9.0dev.12 libwww-FM/2.14"), "Lynx");
});

Deno.test("deviceOf names a bot by itself, whatever browser it claims to be", () => {
  assert.equal(
    deviceOf("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"),
    "GPTBot",
  );
  assert.equal(
    deviceOf(
      "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
    ),
    "bingbot",
  );
  assert.equal(deviceOf("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), "Googlebot");
});

Deno.test("deviceOf keeps what is named when the rest isn't", () => {
  assert.equal(deviceOf("Mozilla/5.0 (X11; rv:128.0) Gecko/20100101 Firefox/128.0"), "Firefox");
  assert.equal(deviceOf("Mozilla/5.0 (Windows NT 10.0; Win64; x64)"), "Windows");
});

Deno.test("deviceOf tells Brave from Chrome by its brands", () => {
  const chrome =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
  assert.equal(deviceOf(chrome, '"Chromium";v="142", "Brave";v="142", "Not_A Brand";v="99"'), "Brave on Windows");
  assert.equal(deviceOf(chrome, '"Chromium";v="142", "Google Chrome";v="142"'), "Chrome on Windows");
});

Deno.test("deviceKindOf classifies rare systems, scripts and bots", () => {
  assert.equal(deviceKindOf("Mozilla/5.0 (X11; FreeBSD amd64; rv:128.0) Gecko/20100101 Firefox/128.0"), "computer");
  assert.equal(deviceKindOf("curl/8.14.1"), "script");
  assert.equal(deviceKindOf("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), "script");
  assert.equal(deviceKindOf("Mozilla/5.0"), "unknown");
});

Deno.test("deviceOf returns UNKNOWN_DEVICE for a User-Agent that it can't read", () => {
  assert.equal(deviceOf(""), UNKNOWN_DEVICE);
  assert.equal(deviceOf("Mozilla/5.0"), UNKNOWN_DEVICE);
  assert.equal(deviceOf("Mozilla"), UNKNOWN_DEVICE);
  assert.equal(deviceOf("/"), UNKNOWN_DEVICE);
  assert.equal(deviceOf("' or 1=1 --"), UNKNOWN_DEVICE);
  assert.equal(deviceOf("<script>alert(1)</script>"), UNKNOWN_DEVICE);
  assert.equal(deviceOf("=cmd|' /C calc'!A0"), UNKNOWN_DEVICE);
  assert.equal(deviceOf("__proto__"), UNKNOWN_DEVICE);
  assert.equal(deviceOf(`${"a".repeat(40)}/1`), UNKNOWN_DEVICE);
});

Deno.test("deviceOf handles User-Agents crafted to be slow", () => {
  assert.equal(deviceOf(`Mozilla/5.0 ${"(".repeat(500)}`), UNKNOWN_DEVICE);
  assert.equal(deviceOf(`Version/${"1.".repeat(250)}`), "Version");
  assert.equal(deviceOf(`${" ".repeat(500)}/`), UNKNOWN_DEVICE);
  assert.equal(deviceOf("Opera ".repeat(85)), "Opera");
});

// Security: log
Deno.test("readUserAgent turns control characters into spaces, and cuts after 512 characters", () => {
  assert.equal(readUserAgent("curl/8.14.1\r\nSet-Cookie: a=b"), "curl/8.14.1  Set-Cookie: a=b");
  assert.equal(readUserAgent("a\u0000b\u001bc\u007fd\u0085e"), "a b c d e");
  assert.equal(readUserAgent("  curl \n"), "curl");
  assert.equal(readUserAgent("x".repeat(100_000)).length, 512);
  assert.equal(readUserAgent(""), "");
  assert.equal(readUserAgent(undefined), "");
});

// Security: escaping
Deno.test("a User-Agent with markup is stored unchanged, and shown as text", async () => {
  const { browser, db } = await startApp();
  const hostile = 'Foo<img src=x onerror="alert(1)">/1.0 (X11; Linux x86_64) Firefox/<b>1</b>';
  const here = browser("46.16.60.1", hostile);
  await here.signIn();

  const { $ } = await here.get(paths.connections);

  const [stored] = await db.select().from(connections);
  assert.equal(stored?.userAgent, hostile);
  assert.equal($(CELL.device).text(), stored?.device);
  assert.equal($(`${CELL.device} *`).length, 0);
  assert.equal($("main img").length, 0);
});

Deno.test("a browser that sends no User-Agent can sign in", async () => {
  const { browser, db } = await startApp();

  const { status } = await browser("46.16.60.1", "").signIn();

  assert.equal(status, 303);
  const [stored] = await db.select().from(connections);
  assert.equal(stored?.userAgent, "");
  assert.equal(stored?.device, UNKNOWN_DEVICE);
});
