import { paths, withQuery } from "../http/paths.ts";
import { type Browser, HTMX } from "./app.ts";

type Site = {
  /** A new browser of the account's owner. */
  browser: () => Browser;
  signIn: (browser: Browser) => Promise<unknown>;
  /** Passes a minute, if the clock is the caller's. */
  passMinute: () => void;
};

/**
 * Sends each kind of request once, in an order in which each finds what its name says. `each` gets it to send; what is between two of them is
 * sent by itself.
 */
export async function sendEach(
  { browser, signIn, passMinute }: Site,
  each: (request: string, send: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const here = browser();
  const openOther = async () => {
    passMinute();
    await signIn(browser());
    // What a visit records once a minute is no part of the next request.
    await here.get(paths.password);
  };

  await here.get(paths.signIn);
  await each("sign-in page", () => browser().get(paths.signIn));
  await each("sign-in", () => signIn(here));
  await each("first page of a session", () => here.get(paths.connections));
  await openOther();
  await each("history, something happened since", () => here.get(paths.connections));
  await each("history again", () => here.get(paths.connections));
  await each("filter, for the first time", () => here.get(withQuery(paths.connections, { state: "open" })));
  await each("filter again", () => here.get(withQuery(paths.connections, { state: "open" })));
  const { $ } = await here.get(paths.connections);
  const poll = () => here.get(withQuery(paths.live, { version: $("[name=version]").attr("value") }), HTMX);
  await each("poll, nothing new", poll);
  await openOther();
  await each("poll, something new", poll);
  const details = paths.details($("tr.current").attr("id")!.slice("c-".length));
  await each("details", () => here.get(details));
  await each("confirmation", () => here.get(paths.closeAll, HTMX));
  const csrf = $("form[action='/sign-out'] [name=csrf]").attr("value") ?? "";
  await each("closing all, htmx", () => here.post(paths.closeAll, { csrf }, HTMX));
  await openOther();
  await each("closing all, without JavaScript", () => here.post(paths.closeAll, { csrf }));
  await each("the page after it, with its message", () => here.get(paths.connections));
  await each("sign-out", () => here.post(paths.signOut, { csrf }));
}
