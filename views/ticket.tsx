import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";
import { CsrfField } from "./fields.tsx";
import { Notification } from "./notifications.tsx";

export function TicketPage({ csrf, ticket, next, email, problem, t }: {
  csrf: string;
  ticket: string;
  next: string;
  email: string;
  problem?: string | undefined;
  t: Texts;
}) {
  return (
    <div class="card entry">
      <h1>{t.ticket.heading(email)}</h1>
      {problem && <Notification kind="problem" id="problem">{problem}</Notification>}
      <p>{t.ticket.text}</p>
      <form method="post" action={paths.ticket} class="form">
        <CsrfField csrf={csrf} />
        <input type="hidden" name="ticket" value={ticket} />
        <input type="hidden" name="next" value={next} />
        <input type="hidden" name="time_zone" value="" data-zone />
        <button type="submit" class="primary">{t.ticket.submit}</button>
      </form>
    </div>
  );
}
