import assert from "node:assert/strict";
import { paths } from "../routes/paths.ts";
import { addAccount, type Answer, HTMX, MINUTE, startApp } from "./app.ts";

Deno.test("GET /user/security/connections marks the current connection and counts the open ones", async () => {
  const { browser } = await startApp();
  const here = browser("46.16.60.1");
  await here.signIn();
  await browser("2001:db8::7").signIn();

  const { status, $ } = await here.get(paths.connections);

  assert.equal(status, 200);
  assert.equal($("tbody tr").length, 2);
  assert.equal($("tr.current .chip").text(), "This connection");
  assert.equal($("tr.current .ip").text().trim(), "46.16.60.1");
  assert.match($(".head").text(), /2 connections are open now, this one included/);
});

Deno.test("POST /user/security/connections/close closes all others and leaves the current connection open", async () => {
  const { browser, clock } = await startApp();
  const [here, laptop, phone] = [browser(), browser(), browser()];
  for (const each of [laptop, phone, here]) {
    await each.signIn();
    clock.now += MINUTE;
  }

  const answer = await here.submit(paths.closeAll);

  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("Location"), paths.connections);
  assert.equal(await laptop.isIn(), false);
  assert.equal(await phone.isIn(), false);
  const { $ } = await here.get(paths.connections);
  assert.equal($("#notifications").text(), "2 open connections were closed. You are still signed in here.");
  assert.deepEqual(states($), ["Open", "Closed", "Closed"]);
});

function states($: Answer["$"]): string[] {
  return $("tbody .state").toArray().map((state) => $(state).text());
}
