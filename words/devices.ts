import { inEachLanguage } from "./languages.ts";
import { remember } from "./cache.ts";
import { type Texts, textsOf } from "./texts.ts";

/** A device as a row of the history names it: the label that is stored is the English one. */
export function deviceName(device: string, { language }: Pick<Texts, "language">): string {
  return language === "en" ? device : names[language](device);
}

const names = inEachLanguage((language) => {
  const { device } = textsOf(language);
  return remember((label: string) => {
    if (label === textsOf("en").device.unknown) return device.unknown;
    const [, browser, system] = /^(.+) on (.+)$/.exec(label) ?? [];
    return browser && system ? device.on(browser, system) : label;
  }, 1_000);
});
