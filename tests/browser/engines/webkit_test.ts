import { webkit } from "./webkit.ts";
import { goThroughMainFlow } from "./flow.ts";
import { inEngine } from "./in_engine.ts";
import { assertPagesAccessible } from "./pages.ts";
import { assertButtonOrNone, WITH_PASSKEYS } from "./passkeys.ts";

inEngine("the main flow works in WebKit", webkit, {}, goThroughMainFlow);

inEngine("the main flow works in WebKit without JavaScript", webkit, { hasScripts: false }, goThroughMainFlow);

inEngine("the main pages are accessible in WebKit, light and dark", webkit, {}, assertPagesAccessible);

inEngine("passkeys are offered in WebKit where it has them", webkit, { site: WITH_PASSKEYS }, assertButtonOrNone);

inEngine(
  "no passkey is offered in WebKit without JavaScript",
  webkit,
  { site: WITH_PASSKEYS, hasScripts: false },
  assertButtonOrNone,
);
