import { Buffer } from "node:buffer";
import { z } from "zod";
import { findFile } from "../executable.ts";
import { clickAt, type Engine, eventually, HEIGHT, keystrokes, makeProfile, READER, spawn, WIDTH } from "./engine.ts";

const executable = findFile(Deno.env.get("FIREFOX"), "/usr/bin/firefox-esr", "/usr/bin/firefox");

/** Firefox through WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it speaks without another program. */
export const firefox: Engine = {
  name: "Firefox",
  missing: executable === undefined ? ["firefox-esr"] : [],
  async launch({ hasScripts, theme }) {
    await using started = new AsyncDisposableStack();
    const profile = started.use(await makeProfile());
    await Deno.writeTextFile(`${profile.path}/user.js`, preferences(hasScripts, theme));
    const args = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile.path];
    started.use(spawn(executable ?? "", args, { ...READER, HOME: profile.path }));
    const bidi = started.use(await connect(profile.path));

    await bidi.send("session.new", { capabilities: {} });
    const { contexts } = Tree.parse(await bidi.send("browsingContext.getTree", {}));
    const context = contexts[0]!.context;
    const resize = async (width: number) => {
      await bidi.send("browsingContext.setViewport", { context, viewport: { width, height: HEIGHT } });
    };
    await resize(WIDTH);
    const running = started.move();

    return {
      goto: async (url) => void await bidi.send("browsingContext.navigate", { context, url, wait: "complete" }),
      async evaluate(expression) {
        // In a sandbox, which runs even when `javascript.enabled` is false. As text, because BiDi has its own notation for values.
        const script = {
          expression: `JSON.stringify(${expression})`,
          target: { context, sandbox: "tests" },
          awaitPromise: false,
        };
        const answer = Evaluated.parse(await bidi.send("script.evaluate", script));
        if (answer.type === "exception") throw new Error(`Firefox: ${answer.exceptionDetails.text}`);
        return answer.result.value === undefined ? undefined : JSON.parse(answer.result.value);
      },
      click: async (x, y) => void await bidi.send("input.performActions", { context, actions: clickAt(x, y) }),
      type: async (text) => void await bidi.send("input.performActions", { context, actions: keystrokes(text) }),
      resize,
      async screenshot() {
        return Buffer.from(
          Picture.parse(await bidi.send("browsingContext.captureScreenshot", { context })).data,
          "base64",
        );
      },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    };
  },
};

function preferences(hasScripts: boolean, theme: "light" | "dark"): string {
  return Object.entries({
    "javascript.enabled": hasScripts,
    "layout.css.prefers-color-scheme.content-override": theme === "dark" ? 0 : 1,
    "intl.accept_languages": "en-GB, en",
    "browser.shell.checkDefaultBrowser": false,
    "datareporting.policy.dataSubmissionEnabled": false,
    "app.update.enabled": false,
  }).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join("");
}

const Tree = z.object({ contexts: z.array(z.object({ context: z.string() })).min(1) });
const Picture = z.object({ data: z.string() });
const Evaluated = z.discriminatedUnion("type", [
  z.object({ type: z.literal("success"), result: z.object({ value: z.string().optional() }) }),
  z.object({ type: z.literal("exception"), exceptionDetails: z.object({ text: z.string() }) }),
]);
const Message = z.object({
  id: z.number().nullish(),
  result: z.unknown(),
  error: z.string().optional(),
  message: z.string().optional(),
});

/** Connects to the port that Firefox chose, which it writes into its profile. */
async function connect(profile: string) {
  const socket = await eventually("Firefox listens", async () => {
    const server = JSON.parse(await Deno.readTextFile(`${profile}/WebDriverBiDiServer.json`));
    return await open(`ws://127.0.0.1:${server.ws_port}/session`);
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let sent = 0;
  socket.onmessage = ({ data }) => {
    const { id, result, error, message } = Message.parse(JSON.parse(data));
    // An event has no id.
    const command = waiting.get(id ?? -1);
    if (error) command?.reject(new Error(`Firefox: ${error}: ${message}`));
    else command?.resolve(result);
  };
  socket.onclose = () => {
    for (const command of waiting.values()) command.reject(new Error("Firefox ended"));
  };

  return {
    async send(method: string, params: object): Promise<unknown> {
      const command = Promise.withResolvers<unknown>();
      const id = ++sent;
      waiting.set(id, command);
      socket.send(JSON.stringify({ id, method, params }));
      return await command.promise;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => socket.onclose = resolve);
      if (socket.readyState === WebSocket.CLOSED) return;
      socket.close();
      await closed;
    },
  };
}

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  socket.onopen = () => resolve(socket);
  socket.onerror = () => reject(new Error(`Nothing answers at ${url}`));
  return await promise;
}
