import { firefox } from "./firefox.ts";
import { goThroughMainFlow } from "./flow.ts";
import { inEngine } from "./in_engine.ts";
import { assertPagesAccessible } from "./pages.ts";
import { assertButtonOrNone, WITH_PASSKEYS } from "./passkeys.ts";

inEngine("the main flow works in Firefox", firefox, {}, goThroughMainFlow);

inEngine("the main flow works in Firefox without JavaScript", firefox, { hasScripts: false }, goThroughMainFlow);

inEngine("the main pages are accessible in Firefox, light and dark", firefox, {}, assertPagesAccessible);

inEngine("passkeys are offered in Firefox where it has them", firefox, { site: WITH_PASSKEYS }, assertButtonOrNone);

inEngine(
  "no passkey is offered in Firefox without JavaScript",
  firefox,
  { site: WITH_PASSKEYS, hasScripts: false },
  assertButtonOrNone,
);
