import { gzipSync } from "node:zlib";
import { paths } from "../http/paths.ts";
import { launchChromium } from "../tests/browser/executable.ts";
import { type Data, OWNER } from "./data.ts";
import type { Row } from "./measure.ts";
import { type AppServer, historyOf, signInAt, startApp } from "./servers.ts";

/** In KB. */
const LIMITS = { page: 20, compressed: 5, files: 24 };
/** What the documented proxies compress with. */
const GZIP = { level: 4 };

/** Measures the page's HTML, and what Chromium receives for the first page and for the next one. */
export async function weight(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  const cookie = await signInAt(server, OWNER);
  const page = await (await fetch(historyOf(server), { headers: { Cookie: cookie } })).bytes();
  const { first, next } = await receive(server, cookie);
  const files = [...first].filter(([path]) => path.startsWith(paths.static("")));
  return [
    row("history page, HTML", page.length, LIMITS.page),
    row("compressed by gzip at level 4", gzipSync(page, GZIP).length, LIMITS.compressed),
    {
      ...row("static files, compressed, with headers", sum(files), LIMITS.files),
      beside: files.map(([path, bytes]) => `${path.split("/").at(-1)?.replace(/\.\w+/, "")} ${kilobytes(bytes)}`).join(
        ", ",
      ),
    },
    row("first visit in Chromium, with headers", sum([...first])),
    row("next page, with headers", sum([...next])),
  ];
}

/** The bytes that Chromium receives by path, headers included, on the first page and on the page of older connections. */
async function receive(server: AppServer, cookie: string): Promise<Record<"first" | "next", Map<string, number>>> {
  const [name = "", value = ""] = cookie.split("=");
  const browser = await launchChromium();
  try {
    const context = await browser.newContext();
    await context.addCookies([{ name, value, url: server.address }]);
    const page = await context.newPage();
    const network = await context.newCDPSession(page);
    await network.send("Network.enable");
    const urls = new Map<string, string>();
    let received = new Map<string, number>();
    network.on("Network.requestWillBeSent", ({ requestId, request }) => void urls.set(requestId, request.url));
    network.on("Network.requestServedFromCache", ({ requestId }) => void urls.delete(requestId));
    network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      const path = urls.get(requestId)?.replace(server.address, "");
      if (path !== undefined) received.set(path, (received.get(path) ?? 0) + encodedDataLength);
    });

    await page.goto(historyOf(server), { waitUntil: "networkidle" });
    const first = received;
    received = new Map();
    const href = await page.locator("#more a[hx-get]").getAttribute("href");
    await page.goto(server.address + href, { waitUntil: "networkidle" });
    return { first, next: received };
  } finally {
    await browser.close();
  }
}

function sum(sizes: [path: string, bytes: number][]): number {
  return sizes.reduce((all, [, bytes]) => all + bytes, 0);
}

function row(work: string, bytes: number, limit?: number): Row {
  const measured = kilobytes(bytes);
  return limit === undefined
    ? { work, measured }
    : { work, measured, limit: `${limit} KB`, isWithin: bytes <= limit * 1024 };
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}
