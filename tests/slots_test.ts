import assert from "node:assert/strict";
import { createSlots, type Rank } from "../credentials/slots.ts";

// Security: DoS
Deno.test("of those who wait, an owner goes next, then a known network, then a stranger", async () => {
  const { start, finish, running, waiting } = startSlots(1);
  start("first", "stranger");
  start("stranger", "stranger");
  start("network", "network");
  start("owner", "owner");
  assert.deepEqual([running, waiting()], [["first"], ["stranger", "network", "owner"]]);

  await finish("first");
  assert.deepEqual(running, ["owner"]);
  await finish("owner");
  assert.deepEqual(running, ["network"]);
  await finish("network");
  assert.deepEqual(running, ["stranger"]);
});

// Security: DoS
Deno.test("of two slots others never take the last one: an owner starts at once", () => {
  const { start, running } = startSlots(2);
  for (let i = 0; i < 5; i++) start(`stranger ${i}`, "stranger");
  start("network", "network");
  assert.deepEqual(running, ["stranger 0"]);

  start("owner", "owner");

  assert.deepEqual(running, ["stranger 0", "owner"]);
});

// Security: DoS
Deno.test("an account's owner has one slot at a time, and another account's doesn't wait for it", async () => {
  const { start, finish, running } = startSlots(2);
  start("marta 1", "owner", "marta");
  start("marta 2", "owner", "marta");
  start("joan", "owner", "joan");
  assert.deepEqual(running, ["marta 1", "joan"]);

  await finish("joan");
  assert.deepEqual(running, ["marta 1"]);
  await finish("marta 1");

  assert.deepEqual(running, ["marta 2"]);
});

// Security: DoS
Deno.test("of each other rank 16 wait and the next gets null, but an owner is never refused", async () => {
  const { start, results, waiting } = startSlots(2);
  start("running", "stranger");
  for (let i = 0; i < 16; i++) start(`stranger ${i}`, "stranger");
  start("one more", "stranger");
  for (let i = 0; i < 16; i++) start(`network ${i}`, "network");
  start("one more network", "network");
  for (let i = 0; i < 40; i++) start(`owner ${i}`, "owner", "marta");
  await turn();

  assert.deepEqual([results.get("one more"), results.get("one more network")], [null, null]);
  assert.equal(results.size, 2);
  assert.equal(waiting().length, 16 + 16 + 39);
});

// Security: DoS
Deno.test("no newcomer overtakes one who waits, at whichever moment it comes", async () => {
  const { start, end, finish, running, results } = startSlots(1);
  start("first", "stranger");
  start("second", "stranger");

  const ended = end("first");
  for (let i = 0; i < 8; i++) {
    start(`newcomer ${i}`, "stranger");
    // The slot is handed over within a few of these.
    await Promise.resolve();
  }
  await ended;

  assert.deepEqual([running, [...results.keys()]], [["second"], ["first"]]);
  await finish("second");
  assert.deepEqual(running, ["newcomer 0"]);
});

// Security: DoS
Deno.test("a task that throws frees its slot and its account", async () => {
  const slots = createSlots(1, 16);
  const fail = () => slots({ rank: "owner", account: "marta" }, () => Promise.reject(new Error("no memory")));

  await assert.rejects(fail(), /no memory/);
  await assert.rejects(fail(), /no memory/);

  assert.equal(await slots({ rank: "owner", account: "marta" }, () => Promise.resolve("done")), "done");
  assert.equal(await slots({ rank: "stranger", account: "" }, () => Promise.resolve("done")), "done");
});

// Security: DoS
Deno.test("with a single slot others use it too, and it is never idle while somebody waits", async () => {
  const { start, finish, running, waiting } = startSlots(1);
  start("a", "stranger");
  start("b", "network");
  start("c", "owner", "marta");
  start("d", "owner", "marta");

  const order: string[] = [];
  while (running.length > 0) {
    assert.equal(running.length, 1);
    order.push(running[0]!);
    await finish(running[0]!);
  }

  assert.deepEqual(order, ["a", "c", "d", "b"]);
  assert.deepEqual(waiting(), []);
});

// Security: DoS
Deno.test("a task that holds its place begins while it waits, and has its slot in order of arrival", async () => {
  const slots = createSlots(1, 16);
  const { promise: isPrepared, resolve: finishPreparing } = Promise.withResolvers<void>();
  const begun: string[] = [];
  const started: string[] = [];
  const hold = (name: string, prepare: () => Promise<void>) =>
    slots.hold({ rank: "stranger", account: name }, async (slot) => {
      begun.push(name);
      await prepare();
      await slot;
      started.push(name);
    });

  const all = [hold("slow", () => isPrepared), hold("quick", () => Promise.resolve())];
  await turn();
  assert.deepEqual([begun, started], [["slow", "quick"], []]);
  finishPreparing();
  await Promise.all(all);

  assert.deepEqual(started, ["slow", "quick"]);
});

// Security: DoS
Deno.test("a place is given back whether its task leaves the queue, throws there or has had its slot", async () => {
  const { promise: end, resolve: finish } = Promise.withResolvers<void>();
  const slots = createSlots(1, 1);
  const stranger = { rank: "stranger" as const, account: "" };
  const running = slots(stranger, () => end);
  let calls = 0;

  for (let i = 0; i < 3; i++) {
    assert.equal(await slots.hold(stranger, () => Promise.resolve("over its limit")), "over its limit");
    await assert.rejects(slots.hold(stranger, () => Promise.reject(new Error("no database"))), /no database/);
  }
  const waiting = slots.hold(stranger, async (slot) => await slot ?? "done");
  assert.equal(await slots.hold(stranger, () => Promise.resolve(calls++)), null);
  finish();

  await running;
  assert.equal(await waiting, "done");
  assert.equal(calls, 0);
  assert.equal(await slots(stranger, () => Promise.resolve("free")), "free");
});

/** Slots whose tasks run until the test ends them, by name. */
function startSlots(count: number) {
  const slots = createSlots(count, 16);
  const asked: string[] = [];
  const running: string[] = [];
  const ends = new Map<string, () => void>();
  const results = new Map<string, string | null>();

  function start(name: string, rank: Rank, account = name): void {
    asked.push(name);
    const task = () => {
      running.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    };
    slots({ rank, account }, task).then((result) => results.set(name, result));
  }

  /** The promise resolves when those that were woken have started. */
  function end(name: string): Promise<void> {
    running.splice(running.indexOf(name), 1);
    ends.get(name)?.();
    return turn();
  }
  const waiting = () => asked.filter((name) => !running.includes(name) && !ends.has(name) && !results.has(name));
  return { start, end, finish: end, running, results, waiting };
}

/** Lets all promises settle. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
