import { HTTPException } from "hono/http-exception";
import type { Texts } from "../words/texts.ts";

/** `link`: the text of its link, if that isn't to the history. */
export type Problem = { title: string; text: string; link?: string };

/** Ends a request with an error page, or a notification for htmx; `say` chooses its words in the request's language. */
export class Refusal extends HTTPException {
  constructor(
    status: 400 | 401 | 403 | 404 | 405 | 408 | 413 | 414 | 415 | 421 | 500 | 503,
    readonly say: (errors: Texts["errors"]) => Problem,
    /** The target of its link; by default this site's start page. */
    readonly home?: string,
  ) {
    super(status);
  }
}

/** Ends a request whose session was closed while it was answered. */
export class SessionEnded extends Error {
  override name = "SessionEnded";
}

export const notFound = () => new Refusal(404, (errors) => errors.notFound);
