import { paths } from "../http/paths.ts";
import { freePort, makeFolder } from "../tests/processes.ts";
import { isInstalled, nginxWith, untilListening } from "../tests/proxies.ts";
import { type Data, OWNER } from "./data.ts";
import { load } from "./load.ts";
import { count, duration, inTurns, median, medianRatio, type Row } from "./measure.ts";
import { historyOf, signInAt, startApp, startConstant } from "./servers.ts";

const ROUNDS = 7;
/** The gate's share of a page's time, at most. */
const LIMIT = 0.25;

/** Compares the gate's answer with a page, and a constant panel behind nginx with the gate and without it. */
export async function gate(data: Data): Promise<Row[]> {
  await using server = await startApp(data, { TRUSTED_PROXIES: "127.0.0.1" });
  const cookie = await signInAt(server, OWNER);
  await load(historyOf(server), { cookie, seconds: 5 });
  const headers = {
    "X-Forwarded-Method": "GET",
    "X-Forwarded-Uri": "/",
    "X-Forwarded-Host": new URL(server.address).host,
    "X-Forwarded-For": "127.0.0.1",
  };
  const asked = `${server.address}${paths.gate}`;
  const { pages, answers } = await inTurns(ROUNDS, {
    pages: async () => 1000 / (await load(historyOf(server), { cookie })).rate,
    answers: async () => 1000 / (await load(asked, { cookie, headers })).rate,
  });
  const ratio = medianRatio(answers, pages);
  const own = {
    work: "the gate's answer to a request of a panel",
    measured: `${count(1000 / median(answers))} a second: ${duration(median(answers))}`,
    beside: `the history page: ${duration(median(pages))}`,
    ratio: ratio.toFixed(2),
    limit: String(LIMIT),
    isWithin: ratio <= LIMIT,
  };
  return isInstalled("nginx", "-v") ? [own, await behindNginx(server.address, cookie, median(pages))] : [own];
}

async function behindNginx(address: string, cookie: string, page: number): Promise<Row> {
  await using panel = await startConstant();
  await using folder = await makeFolder();
  const port = freePort();
  const site = `
    upstream program { server ${new URL(address).host}; keepalive 16; }
    upstream panel { server ${new URL(panel.address).host}; keepalive 16; }
    server {
      listen 127.0.0.1:${port};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      location /open { proxy_pass http://panel; }
      location /gated { auth_request /authz/nginx; proxy_pass http://panel; }
      location = /authz/nginx {
        internal;
        proxy_set_header Connection "";
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Original-Method $request_method;
        proxy_set_header X-Original-URI $request_uri;
        proxy_pass http://program;
      }
    }`;
  const { args } = await nginxWith(site, folder);
  const nginx = new Deno.Command("nginx", { args, stdout: "null", stderr: "null" }).spawn();
  await untilListening(port);
  const { open, gated } = await inTurns(ROUNDS, {
    open: async () => 1000 / (await load(`http://127.0.0.1:${port}/open`, { cookie })).rate,
    gated: async () => 1000 / (await load(`http://127.0.0.1:${port}/gated`, { cookie })).rate,
  });
  nginx.kill("SIGTERM");
  await nginx.status;
  const more = median(gated.map((time, i) => time - open[i]!));
  return {
    work: "a request through nginx and the gate",
    measured: duration(median(gated)),
    beside: `through nginx alone: ${duration(median(open))}; the page: ${duration(page)}`,
    ratio: `+${(more / page).toFixed(2)} pages`,
    limit: String(LIMIT),
    isWithin: more / page <= LIMIT,
  };
}
