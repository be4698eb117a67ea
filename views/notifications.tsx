import type { Child } from "hono/jsx";

/** Where notifications stand: there from the start, so that a screen reader tells what arrives. */
export function Notifications({ children }: { children?: Child }) {
  return <div id="notifications" role="status">{children}</div>;
}

/** What happened, in one or two sentences; with an `id` where a field says that it is about it. */
export function Notification(
  { kind = "success", id, children }: { kind?: "success" | "problem" | "info"; id?: string; children?: Child },
) {
  return (
    <div class={`notification ${kind}`} id={id}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <circle cx="10" cy="10" r="8.25" />
        <path d={kind === "success" ? "m6.5 10.2 2.4 2.4 4.6-5" : "M10 5.8v5M10 13.6v.6"} />
      </svg>
      <p>{children}</p>
    </div>
  );
}

/** A notification as a piece for htmx: it takes the place of the one before. */
export function NotificationPiece(
  { target = "#notifications", children }: { target?: "#notifications" | "#dialog-problem"; children?: Child },
) {
  return <hx-partial hx-target={target} hx-swap="innerHTML">{children}</hx-partial>;
}
