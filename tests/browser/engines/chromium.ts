import { executablePath, launchChromium } from "../executable.ts";
import { type Engine, HEIGHT, READER, WIDTH } from "./engine.ts";

/** Chromium through Playwright, as in the other browser tests. */
export const chromium: Engine = {
  name: "Chromium",
  missing: executablePath === undefined ? ["chromium"] : [],
  async launch({ hasScripts, theme }) {
    await using started = new AsyncDisposableStack();
    const browser = started.adopt(await launchChromium(), (browser) => browser.close());
    const page = await browser.newPage({
      javaScriptEnabled: hasScripts,
      colorScheme: theme,
      viewport: { width: WIDTH, height: HEIGHT },
      timezoneId: READER.TZ,
      locale: "en-GB",
    });
    const running = started.move();

    return {
      goto: async (url) => void await page.goto(url),
      evaluate: (expression) => page.evaluate(expression),
      click: (x, y) => page.mouse.click(x, y),
      type: (text) => page.keyboard.type(text),
      resize: (width) => page.setViewportSize({ width, height: HEIGHT }),
      screenshot: () => page.screenshot(),
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    };
  },
};
