/**
 * Load where `wrk` is not installed: asks for an address over some connections for some seconds, and prints requests a second and the
 * time in milliseconds that 99 of 100 stayed within.
 */
const [url = "", headers = "{}", seconds = "2", connections = "16"] = Deno.args;
const end = performance.now() + Number(seconds) * 1000;
const times: number[] = [];

async function ask(): Promise<void> {
  while (performance.now() < end) {
    const start = performance.now();
    const answer = await fetch(url, { headers: JSON.parse(headers), redirect: "manual" });
    await answer.arrayBuffer();
    times.push(performance.now() - start);
  }
}

await Promise.all(Array.from({ length: Number(connections) }, ask));
times.sort((a, b) => a - b);
console.log(JSON.stringify({ rate: times.length / Number(seconds), p99: times[Math.floor(times.length * 0.99)] }));
