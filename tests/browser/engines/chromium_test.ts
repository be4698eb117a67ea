import { chromium } from "./chromium.ts";
import { goThroughMainFlow } from "./flow.ts";
import { inEngine } from "./in_engine.ts";
import { assertPagesAccessible } from "./pages.ts";

inEngine("the main flow works in Chromium", chromium, {}, goThroughMainFlow);

inEngine("the main flow works in Chromium without JavaScript", chromium, { hasScripts: false }, goThroughMainFlow);

inEngine("the main pages are accessible in Chromium, light and dark", chromium, {}, assertPagesAccessible);
