import { startHrana } from "./hrana.ts";

/**
 * The fixture as a process of its own, for `TEST_DATABASE_URL` where no real server is at hand:
 *
 *     deno run --allow-all tests/hrana_server.ts 8080 &
 *     TEST_DATABASE_URL=http://127.0.0.1:8080 deno task test
 */
const hrana = await startHrana({ port: Number(Deno.args[0] ?? 8080) });
console.log(hrana.url);
