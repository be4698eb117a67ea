import { paths } from "../http/paths.ts";
import type { AppOptions } from "../routes/app.tsx";
import { type Browser, FIREFOX, ORIGIN, type Reply, signedIn, type TestApp } from "./app.ts";

/** The proxy's own address. */
export const PROXY = "10.0.0.1";

export const NAMES = ["Remote-User", "Remote-Email", "Remote-Id", "Remote-Groups", "Remote-Name"];

type Asked = {
  method?: string;
  uri?: string;
  /** The browser's address. */
  from?: string;
  headers?: Record<string, string>;
};

/** Starts the app behind a trusted proxy, with a browser that is signed in through it. */
export async function startGated(changes: Partial<AppOptions> = {}) {
  const site = await signedIn({ trustedProxies: [PROXY], ...changes });
  return { ...site, ...gatesOf(site) };
}

/** Asks the gate as Caddy and as nginx do, about requests of a panel with a browser's cookies. */
export function gatesOf(site: Pick<TestApp, "browser">) {
  const ask = (path: string, of: Browser, own: Record<string, string>, { from = "46.16.60.1", headers }: Asked) => {
    const proxy = site.browser(PROXY);
    for (const [name, value] of of.cookies) proxy.cookies.set(name, value);
    const sent = { "User-Agent": FIREFOX, Accept: "text/html,*/*;q=0.8", Host: "127.0.0.1:9999" };
    return proxy.get(path, { ...sent, "X-Forwarded-For": from, ...own, ...headers });
  };
  return {
    caddy(of: Browser, asked: Asked = {}): Promise<Reply> {
      const { method = "GET", uri = "/orders?page=2" } = asked;
      const host = new URL(of.publicOrigin ?? ORIGIN).host;
      const own = { "X-Forwarded-Method": method, "X-Forwarded-Uri": uri, "X-Forwarded-Host": host };
      return ask(paths.gate, of, { ...own, "X-Forwarded-Proto": "https" }, asked);
    },
    nginx(of: Browser, asked: Asked = {}): Promise<Reply> {
      const { method = "GET", uri = "/orders?page=2" } = asked;
      return ask(paths.nginxGate, of, { "X-Original-Method": method, "X-Original-URI": uri }, asked);
    },
  };
}

/** What a program that reads headers as UTF-8 sees. */
export function utf8(header: string | null): string {
  return new TextDecoder().decode(Uint8Array.from(header ?? "", (byte) => byte.charCodeAt(0)));
}
