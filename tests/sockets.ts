import type { TestApp } from "./app.ts";

export type RawAnswer = { status: number; headers: Headers; body: string };

/** Serves the app on a real port, with a client that sends any bytes. */
export function listen({ app }: Pick<TestApp, "app">) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request, { remoteAddr }) => {
    return app.fetch(request, { remoteAddr });
  });
  return {
    /** Sends one request over a new connection. Its body may be shorter than its length says. */
    async send(line: string, headers: Record<string, string>, body = ""): Promise<RawAnswer> {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
      await connection.write(new TextEncoder().encode(`${line} HTTP/1.1\r\n${headOf(headers)}\r\n${body}`));
      return await readAnswer(connection);
    },
    address: `http://127.0.0.1:${server.addr.port}`,
    /**
     * Sends these characters as bytes, then closes its half of the connection, unless it `keepsOpen`. Returns the statuses of all answers
     * until the server closes.
     */
    async sendRaw(bytes: string, { keepsOpen = false } = {}): Promise<string> {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
      const sending = (async () => {
        const rest = Uint8Array.from(bytes, (character) => character.charCodeAt(0));
        for (let sent = 0; sent < rest.length;) sent += await connection.write(rest.subarray(sent));
        if (!keepsOpen) await connection.closeWrite();
      })().catch(ignoreReset);
      let answers = "";
      const buffer = new Uint8Array(65_536);
      for (;;) {
        const read = await connection.read(buffer).catch(ignoreReset) ?? null;
        if (read === null) break;
        answers += String.fromCharCode(...buffer.subarray(0, read));
      }
      await sending;
      return [...answers.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([_, status]) => status).join(" ");
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A server that refuses a request closes the connection while the rest is on its way. */
function ignoreReset(error: unknown): void {
  const isReset = error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected;
  if (!isReset) throw error;
}

/** Writes headers as in a request. */
export function headOf(headers: Record<string, string>): string {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

/** Reads one answer to the end of its body, by its length or its chunks. */
async function readAnswer(connection: Deno.Conn): Promise<RawAnswer> {
  const bytes = new Uint8Array(65_536);
  let text = "";
  while (!isWhole(text)) {
    const read = await connection.read(bytes);
    if (read === null) break;
    text += String.fromCharCode(...bytes.subarray(0, read));
  }
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [first, ...lines] = head.split("\r\n");
  const headers = new Headers(lines.map((line): [string, string] => {
    const [name = "", ...value] = line.split(": ");
    return [name, value.join(": ")];
  }));
  const body = rest.join("\r\n\r\n").replace(/^[\da-f]+\r\n/, "");
  return { status: Number(first?.split(" ")[1]), headers, body };
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = /^content-length: (\d+)$/im.exec(text.slice(0, end))?.[1];
  return length === undefined ? text.endsWith("\r\n0\r\n\r\n") : text.length >= end + 4 + Number(length);
}
