import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import axeCore from "axe-core";
import type { Page } from "playwright-core";
import { Unavailable } from "../../db/driver/unavailable.ts";
import { removeUser } from "../../db/users.ts";
import { writeCursor } from "../../http/history_query.ts";
import { paths, withQuery } from "../../http/paths.ts";
import type { Language } from "../../db/schema.ts";
import { textsOf } from "../../words/texts.ts";
import { CELL, DAY, EMAIL, MINUTE, PASSWORD, START } from "../app.ts";
import {
  fillSignIn,
  inChromium,
  lookAgain,
  openDialog,
  openSite,
  PARIS,
  SANTIAGO,
  signIn,
  waitForClosedDialog,
  waitForFocus,
} from "./chromium.ts";
import { addClosed, addEveryState, addOpen, addUnusual, useUpTries } from "./history.ts";

Deno.test("the sign-in page is for everybody", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit(STILL);
  await here.goto(paths.signIn);

  await assertAccessible(here, "sign-in");
  site.assertUntroubled();
});

Deno.test("the sign-in page with an error is for everybody", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit(STILL);
  await here.goto(paths.signIn);
  await fillSignIn(here, "not the password at all");
  await here.getByText("E-mail address or password is wrong.").waitFor();
  await waitForFocus(
    here.getByRole("textbox", { name: "Password", description: "E-mail address or password is wrong." }),
  );

  await assertAccessible(here, "sign-in-wrong");
  site.assertUntroubled();
});

Deno.test("the sign-in page that says why a connection ended is for everybody", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByText("User management").click();
  await here.getByRole("button", { name: "Sign out" }).click();
  await here.getByText("You signed out on").waitFor();

  await assertAccessible(here, "sign-in-ended");
  site.assertUntroubled();
});

Deno.test(
  "the sign-in page after too many tries, and where there is no account yet, is for everybody",
  inChromium,
  async () => {
    await using site = await openSite();
    const here = await site.visit(STILL);
    await useUpTries(site.db, false, site.clock.now);
    await here.goto(paths.signIn);
    await fillSignIn(here);
    await waitForFocus(here.getByRole("textbox", { name: "Password", description: "There were too many tries. Wait" }));
    await assertAccessible(here, "sign-in-limited");

    await removeUser(site.db, EMAIL);
    await here.goto(paths.signIn);
    await here.getByText("deno task users add").waitFor();
    await assertAccessible(here, "sign-in-nobody");
    site.assertUntroubled();
  },
);

Deno.test("the history at its first connection, and before that, is for everybody", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByText("Only this connection is open.").waitFor();
  await assertAccessible(here, "history-first");

  const before = writeCursor({ openedAt: START - DAY, id: crypto.randomUUID() });
  await here.goto(withQuery(paths.connections, { before }));
  await here.getByRole("heading", { name: "Nothing older" }).waitFor();
  await assertAccessible(here, "history-beginning");
  site.assertUntroubled();
});

Deno.test("the history with every state is for everybody", inChromium, async () => {
  await using site = await openSite();
  await addEveryState(site.db);
  await addClosed(site.db, 30);
  const here = await site.visit(STILL);
  await signIn(here);

  await assertAccessible(here, "history");
  site.assertUntroubled();
});

Deno.test("the history with a notification and the menu open is for everybody", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByRole("link", { name: "Close open connections" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Close it" }).click();
  await here.getByText("1 open connection was closed").waitFor();
  await here.getByText("User management").click();
  await here.getByRole("link", { name: "User and security" }).waitFor();

  await assertAccessible(here, "history-closed");
  site.assertUntroubled();
});

Deno.test("the history with a filter that nothing matches is for everybody", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(`${paths.connections}?state=refused&ip=300.1`);
  await here.getByRole("heading", { name: "Nothing matches this filter" }).waitFor();

  await assertAccessible(here, "history-empty");
  site.assertUntroubled();
});

Deno.test("the history under every filter, with a picture of thirty days, is for everybody", inChromium, async () => {
  await using site = await openSite();
  await addEveryState(site.db);
  await addClosed(site.db, 30 * 24);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(`${paths.connections}?state=closed&country=FR&from=2026-10-25&to=2026-11-23&ip=193.51`);
  await here.getByRole("link", { name: "Remove the filter Country: France" }).waitFor();
  assert.equal(await here.locator("#days div > a").count(), 30);

  await assertAccessible(here, "history-filtered");
  site.assertUntroubled();
});

Deno.test("the history with the dialog open is for everybody", inChromium, async () => {
  await using site = await openSite();
  await addEveryState(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByRole("link", { name: "Close open connections" }).click();
  await openDialog(here);

  await assertAccessible(here, "dialog");
  site.assertUntroubled();
});

Deno.test(
  "the history with unusual connections, and the question about one, are for everybody",
  inChromium,
  async () => {
    await using site = await openSite();
    await addUnusual(site.db);
    const here = await site.visit(STILL);
    await signIn(here);
    await here.getByRole("link", { name: "Was this you?" }).click();
    await openDialog(here);

    await assertAccessible(here, "dialog-question");
    await here.keyboard.press("Escape");
    await waitForClosedDialog(here);
    await assertAccessible(here, "history-unusual");
    site.assertUntroubled();
  },
);

Deno.test(
  "the question that asks for the password and finds it wrong, and the history after This was me, are for everybody",
  inChromium,
  async () => {
    await using site = await openSite();
    await addUnusual(site.db);
    const here = await site.visit(STILL);
    await signIn(here);
    site.clock.now += 6 * MINUTE;
    await here.getByRole("link", { name: "Was this you?" }).click();
    const dialog = await openDialog(here);
    await dialog.getByLabel("Your password").fill("not the password at all");
    await dialog.getByRole("button", { name: "This was me" }).click();
    await waitForFocus(
      dialog.getByRole("textbox", { name: "Your password", description: "This is not your password." }),
    );
    await assertAccessible(here, "dialog-question-password");

    await dialog.getByLabel("Your password").fill(PASSWORD);
    await dialog.getByRole("button", { name: "This was me" }).click();
    await here.getByRole("status").filter({ hasText: "marked as yours" }).waitFor();
    await waitForClosedDialog(here);
    await assertAccessible(here, "history-recognized");
    site.assertUntroubled();
  },
);

Deno.test("the page where a new password is chosen after Not me is for everybody", inChromium, async () => {
  await using site = await openSite();
  await addUnusual(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByRole("link", { name: "Was this you?" }).click();
  await (await openDialog(here)).getByRole("button", { name: "Not me" }).click();
  await here.getByText("Somebody else may know your password").waitFor();

  await assertAccessible(here, "password-not-me");
  site.assertUntroubled();
});

Deno.test("an older page of the history, which tells what is new, is for everybody", inChromium, async () => {
  await using site = await openSite();
  await addClosed(site.db, 60);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(await here.getByRole("link", { name: "Older connections" }).getAttribute("href") ?? "");
  await here.getByRole("row", { name: PARIS }).first().waitFor();
  site.clock.now += MINUTE;
  await signIn(await site.visit({ ip: SANTIAGO }));
  await lookAgain(here);
  await here.getByRole("link", { name: "Show the newest connections" }).waitFor();

  await assertAccessible(here, "history-older");
  site.assertUntroubled();
});

Deno.test("the dialog that asks for the password, and finds it wrong, is for everybody", inChromium, async () => {
  await using site = await openSite();
  await addEveryState(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  site.clock.now += 6 * MINUTE;
  await here.getByRole("link", { name: "Close open connections" }).click();
  await (await openDialog(here)).getByLabel("Your password").fill("not the password at all");
  await here.keyboard.press("Enter");
  await here.getByText("This is not your password.").waitFor();

  await assertAccessible(here, "dialog-password");
  site.assertUntroubled();
});

Deno.test("the confirmation as a page is for everybody", inChromium, async () => {
  await using site = await openSite();
  await addEveryState(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.closeAll);

  await assertAccessible(here, "confirmation");
  site.assertUntroubled();
});

Deno.test("the confirmation of one connection as a page is for everybody", inChromium, async () => {
  await using site = await openSite();
  await addOpen(site.db);
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(await here.getByRole("row", { name: PARIS }).getByRole("link").getAttribute("href") ?? "");

  await assertAccessible(here, "confirmation-one");
  site.assertUntroubled();
});

Deno.test("the password page is for everybody", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.password);

  await assertAccessible(here, "password");
  site.assertUntroubled();
});

Deno.test("the password page with errors is for everybody", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.password);
  await here.getByLabel("Current password").fill("not the password at all");
  await here.getByLabel("New password", { exact: true }).fill("short");
  await here.getByLabel("New password again").fill("another one");
  await here.getByRole("button", { name: "Change password" }).click();
  await waitForFocus(here.locator("[aria-invalid]").first());

  await assertAccessible(here, "password-wrong");
  site.assertUntroubled();
});

Deno.test("the preferences are for everybody", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.preferences);
  await here.getByRole("button", { name: "Use this browser's: Europe/Madrid" }).waitFor();

  await assertAccessible(here, "preferences");
  site.assertUntroubled();
});

Deno.test("the preferences with errors, in the theme that was chosen, are for everybody", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto(paths.preferences);
  await here.getByLabel("Theme").selectOption("Dark");
  await here.getByRole("button", { name: "Save preferences" }).click();
  await here.getByText("Your preferences were saved.").waitFor();
  await here.locator("option:checked").evaluateAll((options: HTMLOptionElement[]) =>
    options.forEach((option) => option.value = "none of them")
  );
  await here.getByLabel("Time zone").fill("Atlantis");
  await here.keyboard.press("Enter");
  const wrong = here.locator("[aria-invalid]");
  const described = (name: string, description: string) => here.getByRole("combobox", { name, description }).and(wrong);
  await waitForFocus(described("Time zone", "There is no time zone of this name."));
  await described("Language", "Choose one of these languages").waitFor();
  await described("Theme", "Choose one of these themes").waitFor();

  await assertAccessible(here, "preferences-wrong");
  site.assertUntroubled();
});

Deno.test("the page that says that nothing is here is for everybody", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit(STILL);
  await signIn(here);
  await here.goto("/nowhere");
  await here.getByRole("heading", { name: "Nothing is here" }).waitFor();

  await assertAccessible(here, "not-found");
  site.assertUntroubled();
});

Deno.test("the pages that refuse what a browser sends are for everybody", inChromium, async () => {
  await using site = await openSite();
  const here = await site.visit(STILL);
  await signIn(here);
  await here.getByText("User management").click();
  await here.locator(".menu [name=csrf]").evaluate((field: HTMLInputElement) => field.value = "of another session");
  await here.getByRole("button", { name: "Sign out" }).click();
  await here.getByRole("heading", { name: "Not done" }).waitFor();
  await assertAccessible(here, "error-403");

  await here.goto(paths.signOut);
  await here.getByRole("heading", { name: "Not possible here" }).waitFor();
  await assertAccessible(here, "error-405");

  await here.goto(paths.preferences);
  await here.getByLabel("Time zone").fill("x".repeat(17_000));
  await here.keyboard.press("Enter");
  await here.getByRole("heading", { name: "This form is too large" }).waitFor();
  await assertAccessible(here, "error-413");

  await here.goto(withQuery(paths.connections, { ip: "x".repeat(9_000) }));
  await here.getByRole("heading", { name: "This address is too long" }).waitFor();
  await assertAccessible(here, "error-414");
  site.assertUntroubled();

  // A wrong address has no style sheet either, of which Chromium complains: sizes and colours are its own.
  await here.goto(`http://panel.localhost:${new URL(here.url()).port}${paths.connections}`);
  await here.getByRole("heading", { name: "Wrong address" }).waitFor();
  assert.deepEqual(await findViolations(here), []);
  await here.setViewportSize({ width: 320, height: 900 });
  assert.deepEqual(await findCutOff(here), []);
  await shoot(here, "error-421-320");
  await here.getByRole("link", { name: "Go to the connection history" }).click();
  await here.waitForURL(paths.connections);
});

Deno.test("the pages that say that the server is in trouble are for everybody", inChromium, async () => {
  let trouble = new Error("nobody knows what");
  await using site = await openSite({ countryOf: () => Promise.reject(trouble) });
  const here = await site.visit(STILL);
  await here.goto(paths.signIn);
  await fillSignIn(here);
  await here.getByRole("heading", { name: "Something went wrong here" }).waitFor();
  await assertAccessible(here, "error-500");

  trouble = new Unavailable("the database gives no answer", 5);
  await here.goto(paths.signIn);
  await fillSignIn(here);
  await here.getByRole("heading", { name: "Not available right now" }).waitFor();
  await assertAccessible(here, "error-503");
  site.assertUntroubled();
});

// WCAG 1.4.1
Deno.test("what a colour says, a word or a shape says too", inChromium, async () => {
  await using site = await openSite();
  await addEveryState(site.db);
  await addUnusual(site.db);
  const here = await site.visit(STILL);
  await signIn(here);

  const states = await here.locator(CELL.state).evaluateAll((all) =>
    all.map((state) => {
      const { borderRadius, rotate, backgroundColor } = getComputedStyle(state, "::before");
      const isHollow = backgroundColor === "rgba(0, 0, 0, 0)";
      return `${state.textContent}: ${isHollow ? "hollow" : "filled"}, ${borderRadius} round, ${rotate} turned`;
    })
  );
  assert.deepEqual([...new Set(states)].sort(), [
    "Closed: hollow, 50% round, none turned",
    "Open: filled, 50% round, none turned",
    "Refused: filled, 0px round, 45deg turned",
  ]);
  const strokes = await here.locator("#days path:is(.opened, .refused, .unusual)").evaluateAll((all) =>
    all.map((path) => {
      const { strokeDasharray, strokeLinecap } = getComputedStyle(path);
      return `${path.getAttribute("class")}: ${strokeDasharray}, ${strokeLinecap}`;
    })
  );
  assert.deepEqual(strokes, ["opened: none, butt", "refused: 2px, 2px, butt", "unusual: none, round"]);
  const links = await here.locator("main :is(p, small, .chips) a").evaluateAll((all) =>
    all.map((link) => getComputedStyle(link).textDecorationLine)
  );
  assert.deepEqual([...new Set(links)], ["underline"]);
  const sections = await here.locator(".sections a").evaluateAll((all) =>
    all.map((link) => getComputedStyle(link).fontWeight)
  );
  assert.deepEqual(sections, ["600", "400", "400"]);

  const devtools = await here.context().newCDPSession(here);
  await devtools.send("Emulation.setEmulatedVisionDeficiency", { type: "achromatopsia" });
  await shoot(here, "history-without-colours");
  site.assertUntroubled();
});

Deno.test("the pages in Spanish are for everybody", inChromium, async () => {
  await assertAccessibleIn("es", "es-ES");
});

Deno.test("the pages in Catalan are for everybody", inChromium, async () => {
  await assertAccessibleIn("ca", "ca-ES");
});

/** Asserts it of the pages whose words are long in a language, as a browser gets them that asks for it. */
async function assertAccessibleIn(language: Language, locale: string): Promise<void> {
  const { layout, history, closing, signIn: { email, password, submit } } = textsOf(language);
  await using site = await openSite();
  await addEveryState(site.db);
  await addClosed(site.db, 30);
  const here = await site.visit({ ...STILL, locale });
  await here.goto(paths.signIn);
  await assertAccessible(here, `${language}-sign-in`);

  await here.setViewportSize(STILL.viewport);
  await here.getByLabel(email).fill(EMAIL);
  await here.getByLabel(password).fill(PASSWORD);
  await here.getByRole("button", { name: submit }).click();
  await here.getByRole("heading", { name: history.title }).waitFor();
  await assertAccessible(here, `${language}-history`);
  const wider = await here.locator("#rows time").evaluateAll((times) =>
    times.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map((time) => time.textContent)
  );
  assert.deepEqual(wider, [], "at 320 pixels no time runs into the state beside it");
  await here.setViewportSize(STILL.viewport);
  await here.getByText(layout.menu).click();
  await here.getByRole("button", { name: layout.signOut }).waitFor();
  await assertAccessible(here, `${language}-menu`);
  await here.keyboard.press("Escape");
  await here.setViewportSize(STILL.viewport);
  await here.getByRole("link", { name: history.closeAll }).click();
  await (await openDialog(here)).getByRole("link", { name: closing.cancel }).waitFor();
  await assertAccessible(here, `${language}-dialog`);

  for (const path of [paths.preferences, paths.password, `${paths.connections}?state=refused&ip=300.1`, "/nowhere"]) {
    await here.setViewportSize(STILL.viewport);
    await here.goto(path);
    await assertAccessible(
      here,
      `${language}-${path.replace(/\?.*|.*\/(?=.)/g, "")}${path.includes("?") ? "-empty" : ""}`,
    );
  }
  site.assertUntroubled();
}

/** Half-way through a transition a colour is neither the one nor the other. */
const STILL = { reducedMotion: "reduce", colorScheme: "light", viewport: { width: 1280, height: 900 } } as const;

/**
 * Asserts that axe-core finds nothing in any theme on a desktop, a tablet and a phone; that nothing is cut off from a desktop down to a
 * phone of 320 pixels, which is also what zooming to 400 % gives (WCAG 1.4.10), nor with text twice as large (WCAG 1.4.4) or wider
 * spaced (WCAG 1.4.12) on either; and that everything can be hit (WCAG 2.5.8). Leaves pictures.
 */
async function assertAccessible(page: Page, name: string): Promise<void> {
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
    found[`hard to hit at ${width}`] = await findSmallTargets(page);
  }
  assert.ok(
    await page.evaluate(() => document.documentElement.scrollWidth) <= 320,
    "no scrolling sideways at 320 pixels",
  );

  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    for (const [what, css] of Object.entries(WISHES)) {
      await wish(page, css);
      found[`cut off with ${what} text at ${width}`] = await findCutOff(page);
      if (what === "large") await shoot(page, `${name}-${what}-${width}`);
    }
    await wish(page, "");
  }

  assert.deepEqual(Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0)), {});
}

const THEMES = {
  light: { colorScheme: "light", forcedColors: "none" },
  dark: { colorScheme: "dark", forcedColors: "none" },
  forced: { colorScheme: "dark", forcedColors: "active" },
} as const;

/** What a reader's own style sheet may say. */
const WISHES = {
  large: ":root { font-size: 200% !important }",
  wide: "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }" +
    "p { margin-block-end: 2em !important }",
};

/** Our policy binds style sheets in the page, and not what a browser adds by itself. */
async function wish(page: Page, css: string): Promise<void> {
  await page.evaluate((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [sheet];
  }, css);
}

/** What axe-core is asked about: WCAG 2.2 AA, and what is good besides. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe-core finds wrong with the page as it is shown now, a line each. It comes by CDP, which our policy doesn't bind. */
async function findViolations(page: Page): Promise<string[]> {
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(axeCore.source);
  const found = await page.evaluate(async (tags) => {
    const { violations } = await globalThis.axe.run({
      resultTypes: ["violations"],
      runOnly: tags,
      // axe-core leaves the rules of WCAG 2.2 to who asks for them.
      rules: { "target-size": { enabled: true } },
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => ({ id, target: target.join(" "), failureSummary }))
    );
  }, TAGS);
  return found.map(({ id, target, failureSummary }) => `${id}: ${target}: ${failureSummary}`);
}

/** What can be clicked and is lower or narrower than 24 pixels; a link within a sentence is as high as the sentence. */
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

/**
 * The texts that stand out of the window, or of a box that clips them, and the days that are wider than their field:
 * `scrollWidth` tells nothing of what is clipped.
 */
async function findCutOff(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const isForEyes = (element: Element) => {
      for (let at: Element | null = element; at; at = at.parentElement) {
        if (getComputedStyle(at).clipPath !== "none") return false;
      }
      return element.checkVisibility();
    };
    const texts = [...document.body.querySelectorAll("*")].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      const box = element.closest("dialog, .card")?.getBoundingClientRect();
      const isIn = left >= (box?.left ?? 0) - 0.5 && right <= (box?.right ?? innerWidth) + 0.5;
      return element.childElementCount === 0 && width > 0 && !isIn && isForEyes(element);
    });
    const days = [...document.querySelectorAll<HTMLInputElement>("input[type=date]")].filter((field) => {
      const { width } = field.getBoundingClientRect();
      field.style.inlineSize = "max-content";
      const needed = field.getBoundingClientRect().width;
      field.style.removeProperty("inline-size");
      // Of that, 24 pixels are Chromium's space before the calendar's button, which it gives up first.
      return width < needed - 24.5;
    });
    return [...texts, ...days].map(({ tagName, textContent, id }) => `${tagName} ${id}: ${textContent}`);
  });
}

async function shoot(page: Page, name: string): Promise<void> {
  // The backdrop of a dialog is as large as the window, not as the page.
  const fullPage = await page.locator("dialog[open]").count() === 0;
  await page.screenshot({ path: fileURLToPath(new URL(`screenshots/${name}.png`, import.meta.url)), fullPage });
}

declare global {
  /** axe-core, once it is in the page. */
  var axe: typeof axeCore;
}
