import { startHrana } from "./hrana.ts";

/**
 * The fake database server as a process, for `TEST_DATABASE_URL` without a real server:
 *
 *     deno run --allow-all tests/hrana_server.ts 8080 &
 *     TEST_DATABASE_URL=http://127.0.0.1:8080 deno task test
 */
const hrana = await startHrana({ port: Number(Deno.args[0] ?? 8080) });
console.log(hrana.url);
