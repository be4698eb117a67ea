import assert from "node:assert/strict";
import fc from "fast-check";
import { paths } from "../../http/paths.ts";
import { ORIGIN, startApp } from "../app.ts";
import { listen } from "../sockets.ts";
import { hostile, RUNS } from "./strings.ts";

const { host } = new URL(ORIGIN);

// Security: no 5xx, Host
Deno.test("hostile raw bytes in a request's lines are refused or read as text, and the server keeps running", async () => {
  await using site = listen(await startApp());
  const header = fc.constantFrom(
    "Cookie",
    "User-Agent",
    "X-Forwarded-For",
    "Host",
    "Origin",
    "X-Other",
    "Accept-Encoding",
  );
  const path = fc.constantFrom(
    "/sign-in",
    "/nowhere/",
    "/user/security/connections?ip=",
    "http://evil.example/",
    "//",
    "*",
  );

  await fc.assert(
    fc.asyncProperty(path, hostile, header, hostile, async (path, inPath, header, inHeader) => {
      const text = (part: string) => part.toWellFormed().slice(0, 500);

      const { status, headers } = await site.send(`GET ${path}${text(inPath)}`, {
        Host: host,
        [header]: text(inHeader),
        Connection: "close",
      });

      assert.ok(status >= 200 && status < 500, `answered ${status}`);
      const location = headers.get("Location");
      if (location !== null) assert.match(location, /^\/sign-in(\?|$)/);
      assert.ok(headers.getSetCookie().every((cookie) => /^(form|notice)-8000=[\w-]*;/.test(cookie)));
    }),
    { numRuns: RUNS * 3 },
  );

  assert.equal((await site.send(`GET ${paths.health}`, { Host: host })).status, 200);
});
