/** A browser's engine, as Debian packages it. */
export type Engine = {
  name: "Chromium" | "Firefox" | "WebKit";
  /** The packages that this machine lacks for it. */
  missing: string[];
  /** Starts a browser without cookies, in a fresh profile. */
  launch(options: LaunchOptions): Promise<Driver>;
};

export type LaunchOptions = { hasScripts: boolean; theme: "light" | "dark" };

/** The only window of a browser. Disposing it ends the browser. */
export type Driver = AsyncDisposable & {
  /** Resolves when the page has loaded. */
  goto(url: string): Promise<void>;
  /** Returns the value of an expression, even where the page's own scripts don't run. It rejects while a page is being replaced. */
  evaluate(expression: string): Promise<unknown>;
  /** Clicks at a point of the window. */
  click(x: number, y: number): Promise<void>;
  /** Types where the focus is. */
  type(text: string): Promise<void>;
  /** Makes the window this wide, or as narrow as it can be. */
  resize(width: number): Promise<void>;
  /** A PNG of the window. */
  screenshot(): Promise<Uint8Array>;
};

/** The size of a new window. */
export const WIDTH = 1280;
export const HEIGHT = 1600;

/** A reader's time zone and language. */
export const READER = { TZ: "Europe/Madrid", LANG: "en_GB.UTF-8", LANGUAGE: "en" };

/** A click, as WebDriver and WebDriver BiDi write it. */
export function clickAt(x: number, y: number) {
  const actions = [{ type: "pointerMove", x, y }, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }];
  return [{ type: "pointer", id: "mouse", actions }];
}

/** Keystrokes, in the same notation. */
export function keystrokes(text: string) {
  const actions = [...text].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
  return [{ type: "key", id: "keyboard", actions }];
}

/** Starts a program that is killed when it is disposed. */
export function spawn(program: string, args: string[], env: Record<string, string>, stdout: "piped" | "null" = "null") {
  const process = new Deno.Command(program, { args, env, stdin: "null", stdout, stderr: "null" }).spawn();
  let isRunning = true;
  const end = process.status.then(() => {
    isRunning = false;
  });
  return Object.assign(process, {
    async [Symbol.asyncDispose]() {
      if (isRunning) process.kill("SIGKILL");
      await end;
    },
  });
}

/** Creates a folder for what a browser writes, which it may still do while it ends. */
export async function makeProfile() {
  const path = await Deno.makeTempDir({ prefix: "browser-" });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await eventually("nothing writes the profile", async () => {
        await Deno.remove(path, { recursive: true });
        return true;
      });
    },
  };
}

const PATIENCE = 60_000;

/**
 * Polls until `look` returns something, and returns it. What it throws meanwhile doesn't count: a page that is being replaced, or a browser
 * that is starting, can't answer.
 */
export async function eventually<T>(what: string, look: () => Promise<T>): Promise<NonNullable<T>> {
  const end = performance.now() + PATIENCE;
  let cause: unknown;
  while (performance.now() < end) {
    try {
      const found = await look();
      if (found) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`Waited in vain: ${what}`, { cause });
}
