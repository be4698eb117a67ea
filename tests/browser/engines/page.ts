// These functions run in the page. They reach it as text, so they use only their arguments, the page and each other.

/** The dialog, while one is open, because nothing behind it can be used. */
export function front(): HTMLElement {
  return document.querySelector<HTMLElement>("dialog:modal") ?? document.body;
}

export function words(text: string | null | undefined): string {
  return (text ?? "").replace(/\s+/g, " ").trim();
}

/** Finds the control whose name starts with `name`; with `row`, in the row of a table that contains this text. */
export function findControl(selector: string, name: string, row: string): Element | undefined {
  const places = row === ""
    ? [front()]
    : [...front().querySelectorAll("tr")].filter(({ textContent }) => textContent?.includes(row));
  return places.flatMap((place) => [...place.querySelectorAll(selector)])
    .filter((control) => control.checkVisibility())
    .find((control) => words(control.ariaLabel ?? control.textContent).startsWith(name));
}

/** Finds the field with exactly this label. A label may contain its field, with the texts of its options. */
export function findField(name: string): HTMLInputElement | HTMLSelectElement | undefined {
  const field = [...front().querySelectorAll("label")].find(({ textContent, control }) =>
    words(textContent?.replace(control?.textContent ?? "", "")) === name
  )?.control;
  return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field : undefined;
}

/** Scrolls to an element and returns its middle, once the page has loaded and nothing covers it. */
export function middleOf(element: Element | null | undefined): { x: number; y: number } | undefined {
  element?.scrollIntoView({ block: "center", behavior: "instant" });
  const box = element?.getClientRects()[0];
  // Before that the page has no style sheet yet, and the element would move.
  if (!element || !box || document.readyState !== "complete") return undefined;
  const [x, y] = [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
  return element.contains(document.elementFromPoint(x, y)) ? { x, y } : undefined;
}

export const PAGE = [front, words, findControl, findField, middleOf].join("\n");
