import { webkit } from "./webkit.ts";
import { goThroughMainFlow } from "./flow.ts";
import { inEngine } from "./in_engine.ts";
import { assertPagesAccessible } from "./pages.ts";

inEngine("the main flow works in WebKit", webkit, {}, goThroughMainFlow);

inEngine("the main flow works in WebKit without JavaScript", webkit, { hasScripts: false }, goThroughMainFlow);

inEngine("the main pages are accessible in WebKit, light and dark", webkit, {}, assertPagesAccessible);
