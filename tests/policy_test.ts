import assert from "node:assert/strict";
import { CspEvaluator } from "csp_evaluator/dist/evaluator.js";
import { Severity } from "csp_evaluator/dist/finding.js";
import { CspParser } from "csp_evaluator/dist/parser.js";
import { paths } from "../routes/paths.ts";
import { startApp } from "./app.ts";

// Security: CSP
Deno.test("Google's CSP Evaluator finds nothing in the policy but a reminder that does not apply", async () => {
  const { browser } = await startApp();
  const { headers } = await browser().get(paths.signIn);
  const { csp } = new CspParser(headers.get("Content-Security-Policy") ?? "");

  const findings = new CspEvaluator(csp).evaluate();

  // Its weakest grade above a hint: 'self' is a danger where a site also serves JSONP, AngularJS or what people upload. Here
  // everything served as a script is one of our own static files.
  assert.deepEqual(findings.map(({ severity, directive, value }) => [Severity[severity], directive, value]), [
    ["MEDIUM_MAYBE", "script-src", "'self'"],
  ]);
});
