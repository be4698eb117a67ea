import { UNKNOWN_DEVICE } from "../visitor/devices.ts";
import { cached } from "./cache.ts";
import { inEachLanguage } from "./languages.ts";
import { type Texts, textsOf } from "./texts.ts";

/** Translates a device's stored label, which is English. */
export function deviceName(device: string, { language }: Pick<Texts, "language">): string {
  return language === "en" ? device : names(language)(device);
}

const names = inEachLanguage((language) => {
  const { device } = textsOf(language);
  return cached((label: string) => {
    if (label === UNKNOWN_DEVICE) return device.unknown;
    const [, browser, system] = /^(.+) on (.+)$/.exec(label) ?? [];
    return browser && system ? device.on(browser, system) : label;
  }, 1_000);
});
