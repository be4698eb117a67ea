import { Buffer } from "node:buffer";
import { z } from "zod";
import { freePort } from "../../processes.ts";
import { findFile } from "../executable.ts";
import { clickAt, type Engine, eventually, HEIGHT, keystrokes, makeProfile, READER, spawn, WIDTH } from "./engine.ts";

const driver = findFile("/usr/bin/WebKitWebDriver");
const display = findFile("/usr/bin/Xvfb");

/** A script that is sent while a page is being replaced gets no answer. */
const LONGEST_LOOK = 8_000;

/** WebKitGTK's MiniBrowser through WebDriver (https://www.w3.org/TR/webdriver2/), on its own display. */
export const webkit: Engine = {
  name: "WebKit",
  missing: [...driver === undefined ? ["webkit2gtk-driver"] : [], ...display === undefined ? ["xvfb"] : []],
  async launch({ hasScripts, theme }) {
    await using started = new AsyncDisposableStack();
    const home = started.use(await makeProfile());
    const { screen, name } = await startDisplay();
    // The browser goes when its display does.
    started.use(screen);
    const port = freePort();
    started.use(spawn(driver ?? "", [`--port=${port}`], {
      ...READER,
      DISPLAY: name,
      GDK_BACKEND: "x11",
      HOME: home.path,
      XDG_RUNTIME_DIR: home.path,
      // Without a graphics card, it would wait forever for a picture.
      WEBKIT_SKIA_ENABLE_CPU_RENDERING: "1",
    }));
    const send = sender(`http://127.0.0.1:${port}`);
    await eventually("WebKitWebDriver listens", async () => await send("GET", "/status"));

    const args = ["--automation", `--enable-javascript=${hasScripts}`, ...theme === "dark" ? ["--dark-mode"] : []];
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": { args } } };
    const { sessionId } = Session.parse(await send("POST", "/session", { capabilities }));
    const session = `/session/${sessionId}`;
    const resize = async (width: number) => {
      await send("POST", `${session}/window/rect`, { x: 0, y: 0, width, height: HEIGHT });
    };
    await resize(WIDTH);
    const running = started.move();

    return {
      goto: async (url) => void await send("POST", `${session}/url`, { url }),
      async evaluate(expression) {
        return await send(
          "POST",
          `${session}/execute/sync`,
          { script: `return ${expression}`, args: [] },
          LONGEST_LOOK,
        );
      },
      click: async (x, y) => void await send("POST", `${session}/actions`, { actions: clickAt(x, y) }),
      type: async (text) => void await send("POST", `${session}/actions`, { actions: keystrokes(text) }),
      resize,
      screenshot: async () => Buffer.from(z.string().parse(await send("GET", `${session}/screenshot`)), "base64"),
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    };
  },
};

const Session = z.object({ sessionId: z.string() });
const Failure = z.object({ error: z.string(), message: z.string() });

/** Starts an X server on a free display, which it names. */
async function startDisplay() {
  const args = ["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", `${WIDTH}x${HEIGHT + 100}x24`];
  const screen = spawn(display ?? "", args, {}, "piped");
  let name = "";
  for await (const text of screen.stdout.pipeThrough(new TextDecoderStream())) {
    name += text;
    // Not before it has written the whole line: it ends when nobody reads what it writes.
    if (name.endsWith("\n")) return { screen, name: `:${name.trim()}` };
  }
  throw new Error("Xvfb ended");
}

function sender(origin: string) {
  return async (method: string, path: string, body?: object, timeout?: number): Promise<unknown> => {
    const response = await fetch(`${origin}${path}`, {
      method,
      ...body && { body: JSON.stringify(body) },
      ...timeout && { signal: AbortSignal.timeout(timeout) },
    });
    const { value } = z.object({ value: z.unknown() }).parse(await response.json());
    if (response.ok) return value;
    const { error, message } = Failure.parse(value);
    throw new Error(`WebKit: ${error}: ${message}`);
  };
}
