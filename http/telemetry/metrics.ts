import { setInterval } from "node:timers";
import { createNoopMeter, type Meter, metrics } from "@opentelemetry/api";
import { countOpen } from "../../db/connections.ts";
import type { AppOptions } from "../env.ts";
import type { Log } from "../log.ts";

/** In milliseconds. */
const LOAD_INTERVAL = 1_000;
const COUNT_INTERVAL = 60_000;
/** More open connections than this are reported as this many: counting them must not grow with the history. */
const MOST_COUNTED = 10_000;

/** Reports the load, and returns the options with a log that also counts sign-ins and refusals. Without OpenTelemetry it does nothing. */
export function measure(options: AppOptions): AppOptions {
  const meter = metrics.getMeter("connection-history");
  if (meter === createNoopMeter()) return options;
  reportLoad(meter, options);
  return { ...options, log: countOutcomes(meter, options.log) };
}

function countOutcomes(meter: Meter, log: Log): Log {
  const signIns = meter.createCounter("connection_history.sign_ins", { description: "Sign-ins that succeeded" });
  const refusals = meter.createCounter("connection_history.refusals", { description: "Passwords that were refused" });

  return (event, fields = {}) => {
    log(event, fields);
    if (event === "authn_login_success") signIns.add(1);
    if (event === "authn_login_fail" || event === "authn_password_change_fail") {
      refusals.add(1, { reason: String(fields.reason) });
    }
    if (event === "excess_rate_limit_exceeded") refusals.add(Number(fields.count), { reason: "over_limit" });
  };
}

/** By timers and not by callbacks of the meter, with which Deno 2.9.6 hung at its exit now and then. */
function reportLoad(meter: Meter, { db, passwords, now }: AppOptions): void {
  const gauge = (name: string, description: string) => meter.createGauge(`connection_history.${name}`, { description });
  const open = gauge("connections.open", `Open connections of all accounts, at most ${MOST_COUNTED}`);
  const running = gauge("hashing.running", "Passwords in a hashing slot");
  const waiting = gauge("hashing.waiting", "Passwords that wait for a hashing slot");
  const writes = db.$client.isRemote ? null : gauge("writes.pending", "Writes to the database file that run or wait");

  repeat(LOAD_INTERVAL, () => {
    const load = passwords.load();
    running.record(load.running);
    waiting.record(load.waiting);
    writes?.record(db.$client.pendingWrites());
  });
  // While the database fails the last number stays, and /health says why.
  repeat(COUNT_INTERVAL, () => void countOpen(db, now(), MOST_COUNTED).then((n) => open.record(n), () => {}));
}

function repeat(interval: number, run: () => void): void {
  run();
  setInterval(run, interval).unref();
}
