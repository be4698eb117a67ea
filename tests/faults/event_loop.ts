// Runs inside a server, before it: measures how long its event loop keeps a timer waiting. At SIGUSR2 it writes the longest time
// since the last SIGUSR2 to standard error: without the time in which the system gave the processor to others, and with it.
const EVERY = 5;
let last = performance.now();
let lastWaited = waitedForProcessor();
let longest = 0;
let longestInAll = 0;

Deno.unrefTimer(setInterval(() => {
  const [now, waited] = [performance.now(), waitedForProcessor()];
  const stall = now - last - EVERY;
  longest = Math.max(longest, stall - (waited - lastWaited));
  longestInAll = Math.max(longestInAll, stall);
  [last, lastWaited] = [now, waited];
}, EVERY));
Deno.addSignalListener("SIGUSR2", () => {
  console.error(`stalled ${Math.round(longest)} ms, in all ${Math.round(longestInAll)} ms`);
  longest = longestInAll = 0;
});

/** How long this thread, which runs the event loop, was ready and had no processor so far; milliseconds, counted by Linux. */
function waitedForProcessor(): number {
  return Number(Deno.readTextFileSync("/proc/self/schedstat").split(" ")[1]) / 1e6;
}
