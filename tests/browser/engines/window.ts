import { fileURLToPath } from "node:url";
import { type Driver, eventually } from "./engine.ts";
import { findControl, findField, front, middleOf, PAGE, words } from "./page.ts";

const SELECTORS = { button: "button", link: "a[href]", summary: "summary" };

/** What a reader does with a browser, in any engine. Each verb waits until the page allows it. */
export class Window {
  constructor(
    private readonly driver: Driver,
    private readonly origin: string,
    /** Whether the page's own scripts run. */
    readonly hasScripts: boolean,
  ) {}

  async goto(path: string): Promise<void> {
    await this.driver.goto(`${this.origin}${path}`);
  }

  /** Calls a function in the page, where it can use its arguments and the functions of `page.ts`. Its result has to be JSON. */
  async evaluate<Args extends unknown[], Result>(call: (...args: Args) => Result, ...args: Args): Promise<Result> {
    const values = args.map((arg) => JSON.stringify(arg)).join();
    return await this.driver.evaluate(`(() => { ${PAGE}\n return (${call})(${values}); })()`) as Result;
  }

  /** Runs a script in the page. */
  async run(script: string): Promise<void> {
    await this.driver.evaluate(`(() => { ${script} })()`);
  }

  /** Clicks on the first control whose name starts with `name`; with `row`, in the row of a table that contains this text. */
  async click(role: keyof typeof SELECTORS, name: string, row = ""): Promise<void> {
    await this.clickOn(
      `the ${role} "${name}" ${row}`,
      () => this.evaluate((...control) => middleOf(findControl(...control)), SELECTORS[role], name, row),
    );
  }

  /** Replaces the text in the field with this label. */
  async fill(label: string, text: string): Promise<void> {
    await this.clickOn(`the field "${label}"`, () => this.evaluate((label) => middleOf(findField(label)), label));
    await this.evaluate((label) => {
      const field = findField(label);
      if (field instanceof HTMLInputElement) field.select();
    }, label);
    await this.driver.type(text);
    await this.waitUntil(`"${label}" has its text`, (label, text) => findField(label)?.value === text, label, text);
  }

  /** Selects an option by its text. Not with the mouse: the list is the engine's own, and outside of the page. */
  async choose(label: string, option: string): Promise<void> {
    await this.waitUntil(
      `the option "${option}"`,
      (label, option) => {
        const field = findField(label);
        if (!(field instanceof HTMLSelectElement)) return false;
        const { value } = [...field.options].find(({ text }) => text === option) ?? {};
        if (value === undefined) return false;
        field.value = value;
        return true;
      },
      label,
      option,
    );
  }

  /** Opens what a field is folded into, if it is closed. */
  async unfold(label: string): Promise<void> {
    await this.waitUntil(`the field "${label}"`, (label) => findField(label) !== undefined, label);
    if (await this.evaluate((label) => findField(label)?.checkVisibility(), label)) return;
    await this.clickOn(
      `the fold of "${label}"`,
      () => this.evaluate((label) => middleOf(findField(label)?.closest("details")?.querySelector("summary")), label),
    );
  }

  /** Waits until a function in the page returns something, and returns that. */
  async waitUntil<Args extends unknown[], Result>(
    what: string,
    look: (...args: Args) => Result,
    ...args: Args
  ): Promise<NonNullable<Result>> {
    return await eventually(what, () => this.evaluate(look, ...args));
  }

  async waitForText(text: string): Promise<void> {
    await this.waitUntil(`the text "${text}"`, (text) => words(front().innerText).includes(text), text);
  }

  async waitFor(selector: string): Promise<void> {
    await this.waitUntil(selector, (selector) => document.querySelector(selector) !== null, selector);
  }

  async waitForAbsence(selector: string): Promise<void> {
    await this.waitUntil(`no ${selector}`, (selector) => document.querySelector(selector) === null, selector);
  }

  /** Waits for the page with this path, with its query if it has one. */
  async waitForPath(path: string): Promise<void> {
    await this.waitUntil(path, (path) => location.pathname + location.search === path, path);
  }

  async path(): Promise<string> {
    return await this.evaluate(() => location.pathname);
  }

  /** The text in sight of each element. */
  async texts(selector: string): Promise<string[]> {
    return await this.evaluate(
      (selector) => [...document.querySelectorAll<HTMLElement>(selector)].map(({ innerText }) => words(innerText)),
      selector,
    );
  }

  async resize(width: number): Promise<void> {
    await this.driver.resize(width);
  }

  /** Saves a picture of the window in `tests/browser/screenshots/`, for people to look at. */
  async saveScreenshot(name: string): Promise<void> {
    const path = fileURLToPath(new URL(`../screenshots/${name}.png`, import.meta.url));
    await Deno.mkdir(fileURLToPath(new URL("../screenshots/", import.meta.url)), { recursive: true });
    await Deno.writeFile(path, await this.driver.screenshot());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver[Symbol.asyncDispose]();
  }

  private async clickOn(what: string, find: () => Promise<{ x: number; y: number } | undefined>): Promise<void> {
    const { x, y } = await eventually(what, find);
    await this.driver.click(x, y);
  }
}
