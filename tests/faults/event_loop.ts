// Runs inside a server, before it: measures how long its event loop keeps a timer waiting. At SIGUSR2 it writes the longest time
// since the last SIGUSR2 to standard error, in milliseconds.
const EVERY = 5;
let last = performance.now();
let longest = 0;

Deno.unrefTimer(setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - last - EVERY);
  last = now;
}, EVERY));
Deno.addSignalListener("SIGUSR2", () => {
  console.error(`stalled ${Math.round(longest)} ms`);
  longest = 0;
});
