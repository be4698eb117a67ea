import assert from "node:assert/strict";
import { paths } from "../../http/paths.ts";
import { ORIGIN, startApp } from "../app.ts";
import { listen, type RawAnswer } from "../sockets.ts";
import { report } from "./report.ts";

const { host } = new URL(ORIGIN);
const FORM = "application/x-www-form-urlencoded";
const ROUNDS = 20;

// Security: bodies
Deno.test("a form whose content type has 60,000 spaces costs no more than one with another content type", async () => {
  await using site = listen(await startApp());
  const send = (type: string) =>
    site.send(`POST ${paths.signIn}`, {
      "Host": host,
      "Origin": ORIGIN,
      "Content-Type": type,
      "Content-Length": "0",
    });
  const refuse = () => send(`text/plain; ${"x".repeat(60_000)}`);
  await refuse();

  const times = { control: 0, spaces: 0 };
  const answers: RawAnswer[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    times.control += await timeOf(refuse);
    times.spaces += await timeOf(async () => answers.push(await send(`${FORM}; ${" ".repeat(60_000)}x`)));
  }

  report("the content type is not parsed", `${ROUNDS} forms with 60,000 spaces in it`, {
    "ms with them": Math.round(times.spaces),
    "ms with another content type of the same length": Math.round(times.control),
  });
  assert.ok(answers.every(({ status }) => status === 415));
  assert.ok(times.spaces < 5 * times.control, `${times.spaces} ms, ${times.control} ms`);
});

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
