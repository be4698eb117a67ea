import { chromium } from "playwright-core";
import { paths } from "../http/paths.ts";
import { type Data, OWNER } from "./data.ts";
import type { Row } from "./measure.ts";
import { historyOf, signIn, startApp } from "./servers.ts";

const LIMITS = { first: 35, files: 20, page: 15 };

/** What a first visit of the history brings over the wire in Chromium, headers and all, and what the next page does. */
export async function weight(data: Data): Promise<Row[]> {
  await using server = await startApp(data);
  const [name = "", value = ""] = (await signIn(server, OWNER)).split("=");
  const browser = await chromium.launch({
    executablePath: Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    const context = await browser.newContext();
    await context.addCookies([{ name, value, url: server.address }]);
    const page = await context.newPage();
    const network = await context.newCDPSession(page);
    await network.send("Network.enable");
    const paths = new Map<string, string>();
    let received = new Map<string, number>();
    network.on("Network.requestWillBeSent", ({ requestId, request }) => void paths.set(requestId, request.url));
    network.on("Network.requestServedFromCache", ({ requestId }) => void paths.delete(requestId));
    network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      const url = paths.get(requestId);
      if (!url) return;
      const path = url.replace(server.address, "");
      // What is asked for twice comes once, and then out of the memory.
      received.set(path, (received.get(path) ?? 0) + encodedDataLength);
    });

    await page.goto(historyOf(server), { waitUntil: "networkidle" });
    const first = received;
    received = new Map();
    await page.goto(await page.locator("#more a").getAttribute("href").then((href) => server.address + href), {
      waitUntil: "networkidle",
    });
    return rowsOf(first, received);
  } finally {
    await browser.close();
  }
}

function rowsOf(first: Map<string, number>, next: Map<string, number>): Row[] {
  const sum = (sizes: Iterable<number>) => Array.from(sizes).reduce((all, size) => all + size, 0);
  const files = [...first].filter(([path]) => path.startsWith(paths.static("")));
  const row = (work: string, bytes: number, most: number, limit = "") => ({
    work,
    measured: kilobytes(bytes),
    limit,
    ratio: "",
    goal: `${most} KB`,
    isReached: bytes <= most * 1024,
  });
  const listed = files.map(([path, size]) => `${path.split(/[/.]/).at(2)} ${kilobytes(size)}`).join(", ");
  return [
    row("first visit on the wire, with headers", sum(first.values()), LIMITS.first),
    row("of it static files, compressed", sum(files.map(([, size]) => size)), LIMITS.files, listed),
    row("of it the page, plain", sum(first.values()) - sum(files.map(([, size]) => size)), LIMITS.page),
    row("a further page", sum(next.values()), LIMITS.page),
  ];
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}
