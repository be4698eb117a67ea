// Preloaded into a server. At SIGUSR2 it writes the longest that its event loop has kept a timer waiting since the last SIGUSR2, without the
// time when other threads had the processor.
const INTERVAL = 5;
let last = performance.now();
let lastWaited = readWaited();
let longest = 0;

Deno.unrefTimer(setInterval(() => {
  const [now, waited] = [performance.now(), readWaited()];
  longest = Math.max(longest, now - last - INTERVAL - (waited - lastWaited));
  [last, lastWaited] = [now, waited];
}, INTERVAL));
Deno.addSignalListener("SIGUSR2", () => {
  console.log(`stalled ${Math.round(longest)} ms`);
  longest = 0;
});

/** How long this thread, which runs the event loop, has been ready without a processor, as counted by Linux; milliseconds. */
function readWaited(): number {
  return Number(Deno.readTextFileSync("/proc/self/schedstat").split(" ")[1]) / 1e6;
}
