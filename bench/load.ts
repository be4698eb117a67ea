import { fileURLToPath } from "node:url";

/** How many requests, how many a second, and the 99th percentile of their times in milliseconds. */
export type Load = { requests: number; rate: number; p99: number };

let hasWrk: boolean | undefined;

/** Loads a URL from another process, over some connections for some seconds, with `wrk` where it is installed. */
export async function load(
  url: string,
  { cookie = "", headers = {}, seconds = 1.5, connections = 16 }: {
    cookie?: string;
    headers?: Record<string, string>;
    seconds?: number;
    connections?: number;
  } = {},
): Promise<Load> {
  const sent = { ...headers, Cookie: cookie };
  hasWrk ??= await new Deno.Command("wrk", { args: ["-v"], stdout: "null", stderr: "null" }).output()
    .then(() => true, () => false);
  if (!hasWrk) {
    const client = fileURLToPath(import.meta.resolve("./client.ts"));
    const args = ["run", "--allow-net", client, url, JSON.stringify(sent), String(seconds), String(connections)];
    return JSON.parse(await output(Deno.execPath(), args));
  }
  const args = ["-t1", `-c${connections}`, `-d${Math.ceil(seconds)}s`, "--latency"];
  for (const [name, value] of Object.entries(sent)) args.push("-H", `${name}: ${value}`);
  args.push(url);
  const printed = await output("wrk", args);
  const errors = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(printed);
  if (errors) throw new Error(`Cannot measure ${url}: ${errors[0]}`);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(printed) ?? [];
  const [, requests] = /(\d+) requests in/.exec(printed) ?? [];
  const [, rate] = /Requests\/sec:\s+([\d.]+)/.exec(printed) ?? [];
  const milliseconds = Number(p99) * (unit === "us" ? 0.001 : unit === "s" ? 1000 : 1);
  return { requests: Number(requests), rate: Number(rate), p99: milliseconds };
}

async function output(command: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args, stderr: "inherit" }).output();
  return new TextDecoder().decode(stdout);
}
