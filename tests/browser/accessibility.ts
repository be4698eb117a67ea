import assert from "node:assert/strict";
import axeCore from "axe-core";
import type { Page } from "playwright-core";
import { describe, OPTIONS } from "./axe.ts";
import { saveScreenshot } from "./chromium.ts";

/** A desktop without motion: in the middle of a transition a colour has neither of its values. */
export const STILL = { reducedMotion: "reduce", colorScheme: "light", viewport: { width: 1280, height: 900 } } as const;

const THEMES = {
  light: { colorScheme: "light", forcedColors: "none" },
  dark: { colorScheme: "dark", forcedColors: "none" },
  forced: { colorScheme: "dark", forcedColors: "active" },
} as const;

/** Style sheets that readers may bring along. */
const READER_STYLES = {
  large: ":root { font-size: 200% !important }",
  spaced: "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }" +
    "p { margin-block-end: 2em !important }",
};

/**
 * Asserts that axe-core finds nothing in any theme on a desktop, a tablet and a phone; that nothing is cut off down to 320 pixels, which is
 * also the width at a zoom of 400 % (WCAG 1.4.10), nor with text twice as large (WCAG 1.4.4) or with wider spacing (WCAG 1.4.12); and that
 * every target is large enough (WCAG 2.5.8). Saves screenshots under `name`.
 */
export async function assertAccessible(page: Page, name: string): Promise<void> {
  const found: Record<string, string[]> = {};

  for (const width of [1280, 768, 320]) {
    await page.setViewportSize({ width, height: 900 });
    for (const [theme, media] of Object.entries(THEMES)) {
      await page.emulateMedia(media);
      found[`axe, ${theme} at ${width}`] = await findViolations(page);
      if (theme === "light" || width !== 768) await shoot(page, `${name}-${theme}-${width}`);
    }
  }
  await page.emulateMedia(THEMES.light);

  for (const width of [1280, 1024, 960, 768, 320]) {
    await page.setViewportSize({ width, height: 900 });
    found[`cut off at ${width}`] = await findCutOff(page);
    found[`too small at ${width}`] = await findSmallTargets(page);
  }
  assert.ok(
    await page.evaluate(() => document.documentElement.scrollWidth) <= 320,
    "no scrolling sideways at 320 pixels",
  );

  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    for (const [kind, css] of Object.entries(READER_STYLES)) {
      await setReaderStyles(page, css);
      found[`cut off with ${kind} text at ${width}`] = await findCutOff(page);
      if (kind === "large") await shoot(page, `${name}-${kind}-${width}`);
    }
    await setReaderStyles(page, "");
  }

  assert.deepEqual(Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0)), {});
}

/** Constructed style sheets are beyond our content security policy, like those that a browser adds. */
async function setReaderStyles(page: Page, css: string): Promise<void> {
  await page.evaluate((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [sheet];
  }, css);
}

/** What axe-core objects to in the page, a line each. It is injected through the devtools, past our content security policy. */
export async function findViolations(page: Page): Promise<string[]> {
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(axeCore.source);
  return describe(await page.evaluate(async (options) => (await globalThis.axe.run(options)).violations, OPTIONS));
}

/** Targets with a side of less than 24 pixels. Links within a sentence are exempt, and are as high as its lines. */
async function findSmallTargets(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const isInSentence = (element: Element) =>
      getComputedStyle(element).display === "inline" &&
      [...element.parentElement?.childNodes ?? []].some((node) =>
        node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim()
      );
    return [...document.querySelectorAll(":is(a, button, input, select, summary):not([tabindex='-1'])")]
      .filter((element) => element.checkVisibility() && !element.closest(".skip") && !isInSentence(element))
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.width < 24 || box.height < 24))
      .map(({ element, box }) => `${element.textContent}: ${box.width} x ${box.height}`);
  });
}

/** Texts that stick out of the window or of a box that clips them, which `scrollWidth` doesn't show, and dates wider than their field. */
export async function findCutOff(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const isShown = (element: Element) => {
      for (let at: Element | null = element; at; at = at.parentElement) {
        if (getComputedStyle(at).clipPath !== "none") return false;
      }
      return element.checkVisibility();
    };
    const texts = [...document.body.querySelectorAll("*")].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      const box = element.closest("dialog, .card")?.getBoundingClientRect();
      const isInside = left >= (box?.left ?? 0) - 0.5 && right <= (box?.right ?? innerWidth) + 0.5;
      return element.childElementCount === 0 && width > 0 && !isInside && isShown(element);
    });
    const dates = [...document.querySelectorAll<HTMLInputElement>("input[type=date]")].filter((field) => {
      const { width } = field.getBoundingClientRect();
      field.style.inlineSize = "max-content";
      const needed = field.getBoundingClientRect().width;
      field.style.removeProperty("inline-size");
      // It includes 24 pixels of space before the calendar's button, which Chromium gives up first.
      return width < needed - 24.5;
    });
    return [...texts, ...dates].map(({ tagName, textContent, id }) => `${tagName} ${id}: ${textContent}`);
  });
}

/** Saves the whole page, or the window if a dialog is open: its backdrop covers no more. */
export async function shoot(page: Page, name: string): Promise<void> {
  await saveScreenshot(page, name, { fullPage: await page.locator("dialog[open]").count() === 0 });
}
