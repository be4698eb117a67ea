import type { Child } from "hono/jsx";
import type { Texts } from "../words/texts.ts";

// A message of the page itself takes focus: a screen reader doesn't announce what a live region contains from the start.
export function Notifications({ t, children }: { t: Texts; children?: Child }) {
  const focus = children ? { tabindex: -1, autofocus: true } : {};
  return (
    <div class="notices">
      <div id="notifications" role="status" data-lost={t.layout.lost} {...focus}>{children}</div>
      <button type="button" class="quiet dismiss">{t.layout.dismiss}</button>
    </div>
  );
}

// The first sentence is bold; `more`, or the rest of a text, isn't.
export function Notification({ kind = "success", id, more, children }: {
  kind?: "success" | "problem" | "info";
  id?: string;
  more?: Child;
  children?: Child;
}) {
  const [first, rest] = more === undefined ? splitText(children) : [children, more];
  return (
    <div class={`notification notification-${kind}`} id={id}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <circle cx="10" cy="10" r="8.25" />
        <path d={kind === "success" ? "m6.5 10.2 2.4 2.4 4.6-5" : "M10 5.8v5M10 13.6v.6"} />
      </svg>
      <p>{first}{rest && [" ", <span>{rest}</span>]}</p>
    </div>
  );
}

// A sentence ends before a capital letter: the point of "nov." doesn't end one.
function splitText(text: Child): [first: Child, rest?: Child] {
  const [, first, rest] = /^(.+?[.?!]) (?=["«¿]?\p{Lu})(.+)$/su.exec(typeof text === "string" ? text : "") ?? [];
  return first ? [first, rest] : [text];
}

export function NotificationFragment(
  { target = "#notifications", children }: { target?: "#notifications" | "#dialog-problem"; children?: Child },
) {
  return <hx-partial hx-target={target} hx-swap="innerHTML">{children}</hx-partial>;
}
