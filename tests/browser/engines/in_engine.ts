import { serveSite, type SiteOptions } from "../site.ts";
import type { Engine, LaunchOptions } from "./engine.ts";
import { Window } from "./window.ts";

/** Engines of which a line says that they are missing. */
const reported = new Set<Engine>();

export type Scene = Awaited<ReturnType<typeof openScene>>;

/** `site`: how the app is served. The rest is how the browser starts. */
type SceneOptions = { site?: SiteOptions } & Partial<LaunchOptions>;

/** Registers a test of the running app in an engine. On a machine without the engine it is ignored, or fails if `REQUIRE_BROWSER=1`. */
export function inEngine(
  sentence: string,
  engine: Engine,
  options: SceneOptions,
  test: (scene: Scene) => Promise<void>,
): void {
  const isIgnored = engine.missing.length > 0 && Deno.env.get("REQUIRE_BROWSER") !== "1";
  if (isIgnored && !reported.has(engine)) console.error(`Tests in ${engine.name} are ignored. ${explain(engine)}`);
  reported.add(engine);
  Deno.test(sentence, { ignore: isIgnored }, async () => {
    await using scene = await openScene(engine, options);
    await test(scene);
  });
}

async function openScene(engine: Engine, { site: served, ...options }: SceneOptions) {
  if (engine.missing.length > 0) throw new Error(`Cannot start ${engine.name}. ${explain(engine)}`);
  await using opened = new AsyncDisposableStack();
  const site = opened.use(await serveSite(served));
  const running = opened.move();
  return {
    ...site,
    engine: engine.name,
    /** Opens a window of a new browser, which is not signed in. */
    async open(changes: Partial<LaunchOptions> = {}): Promise<Window> {
      const launch = { hasScripts: true, theme: "light", ...options, ...changes } as const;
      return running.use(new Window(await engine.launch(launch), site.origin, launch.hasScripts));
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function explain({ missing }: Engine): string {
  return `It is not installed: apt-get install ${missing.join(" ")}`;
}
