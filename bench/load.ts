import { fileURLToPath } from "node:url";

/** Requests a second, and the time in milliseconds that 99 of 100 of them stayed within. */
export type Load = { rate: number; p99: number };

let hasWrk: boolean | undefined;

/** Asks for an address from a second process, for some seconds over some connections: `wrk` where it is installed. */
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
  const whole = Math.ceil(seconds);
  const args = ["-t1", `-c${connections}`, `-d${whole}s`, "--latency"];
  for (const [name, value] of Object.entries(sent)) args.push("-H", `${name}: ${value}`);
  args.push(url);
  const said = await output("wrk", args);
  const errors = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(said);
  if (errors) throw new Error(`Cannot measure ${url}: ${errors[0]}`);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(said) ?? [];
  const [, rate] = /Requests\/sec:\s+([\d.]+)/.exec(said) ?? [];
  return { rate: Number(rate), p99: Number(p99) * (unit === "us" ? 0.001 : unit === "s" ? 1000 : 1) };
}

async function output(command: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args, stderr: "inherit" }).output();
  return new TextDecoder().decode(stdout);
}
