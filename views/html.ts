import { html as render } from "hono/html";
import { cached } from "../words/cache.ts";

/** Hono's `html` without the source's line breaks: between tags they go, between attributes one is a space. */
export function html(strings: TemplateStringsArray, ...values: unknown[]) {
  return render(collapse(strings), ...values);
}

const collapse = cached((strings: TemplateStringsArray) => {
  const lines = strings.map((text) =>
    text.replace(/(^|>)\s*\n\s*|\s*\n\s*(?=<|$)/g, "$1").replace(/\s*\n\s*/g, " ").replace(/^ >/, ">")
  );
  return Object.assign(lines, { raw: lines });
});
