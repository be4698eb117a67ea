/** Loads a URL over some connections for some seconds, where `wrk` isn't installed; prints a `Load` as JSON. */
const [url = "", headers = "{}", seconds = "2", connections = "16"] = Deno.args;
const end = performance.now() + Number(seconds) * 1000;
const times: number[] = [];

async function loadRepeatedly(): Promise<void> {
  while (performance.now() < end) {
    const start = performance.now();
    const response = await fetch(url, { headers: JSON.parse(headers), redirect: "manual" });
    await response.arrayBuffer();
    times.push(performance.now() - start);
  }
}

await Promise.all(Array.from({ length: Number(connections) }, loadRepeatedly));
times.sort((a, b) => a - b);
const [requests, p99] = [times.length, times[Math.floor(times.length * 0.99)]];
console.log(JSON.stringify({ requests, rate: requests / Number(seconds), p99 }));
