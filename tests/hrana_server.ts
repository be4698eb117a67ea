import { startHrana } from "./hrana.ts";

/**
 * The fake database server as a process, for `TEST_DATABASE_URL` without a real server:
 *
 *     deno run --allow-all tests/hrana_server.ts 8080 &
 *     TEST_DATABASE_URL=http://127.0.0.1:8080 deno task test
 *
 * A second argument is its `writeLimit`, such as a real server's 5000 or "none"; a third, how long a message takes each way, in milliseconds.
 */
const [port = "8080", limit = "none", latency = "0"] = Deno.args;
const writeLimit = limit === "none" ? {} : { writeLimit: Number(limit) };
const hrana = await startHrana({ port: Number(port), latency: Number(latency), ...writeLimit });
console.log(hrana.url);
