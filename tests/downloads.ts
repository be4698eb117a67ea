import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { paths } from "../http/paths.ts";
import type { Browser, TestApp } from "./app.ts";

/** A request for the CSV with the browser's session. */
export function requestOf(browser: Browser): Request {
  const Cookie = `session=${browser.cookies.get("session")}`;
  return new Request(`http://127.0.0.1:8000${paths.csv}`, { headers: { Host: "127.0.0.1:8000", Cookie } });
}

/** Starts a download that the test reads piece by piece. */
export async function startDownload({ app, settled }: Pick<TestApp, "app" | "settled">, browser: Browser) {
  const response = await app.fetch(requestOf(browser));
  assert.equal(response.status, 200);
  // Read directly: a stream between them would read ahead.
  const reader = response.body!.getReader();
  let header = 1;

  /** The rows of the next piece, without the header; `null` at the end. */
  async function next(): Promise<number | null> {
    const { value, done } = await reader.read();
    if (done) return null;
    const rows = parse(new TextDecoder().decode(value)).length - header;
    header = 0;
    return rows;
  }

  async function readToItsEnd(): Promise<number> {
    let sum = 0;
    for (let rows = await next(); rows !== null; rows = await next()) sum += rows;
    await settled();
    return sum;
  }

  return {
    readRows: async () => await next() ?? 0,
    readToItsEnd,
    async readToItsFailure(): Promise<number> {
      let sum = 0;
      await assert.rejects(async () => {
        for (let rows = await next(); rows !== null; rows = await next()) sum += rows;
      }, /its session ended/);
      await settled();
      return sum;
    },
    async leave() {
      await reader.cancel();
      await settled();
    },
  };
}
