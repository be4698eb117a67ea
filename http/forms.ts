import { zValidator } from "@hono/zod-validator";
import type { Context } from "hono";
import { z } from "zod";
import { isTooLong } from "../credentials/passwords.ts";
import { remember } from "../words/cache.ts";
import type { Texts } from "../words/texts.ts";
import type { Env } from "./env.ts";

/** What came in a form's fields, as typed; of a repeated field the last. Files don't come: the content type has none. */
export type Typed = Record<string, string | undefined>;

/** What is wrong with a form, by field, as sentences for whoever typed it. */
export type Problems = Record<string, string>;

/** A field for a password that somebody has; one that none can be is told apart before it costs a hash. */
export function typedPassword(t: Texts, empty: string) {
  return z.string(empty).min(1, empty).refine((text) => !isTooLong(text), t.typed.passwordTooLong);
}

export async function readForm(c: Context<Env>): Promise<Typed> {
  const body = await c.req.parseBody();
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/**
 * Checks a form once, at the edge, by a schema that speaks the language of who sent it; what does not pass is answered with 422 and
 * the form itself, by `again`.
 */
export function validForm<Schema extends z.ZodObject>(
  schemaIn: (t: Texts) => Schema,
  again: (c: Context<Env>, typed: Typed, problems: Problems) => Response | Promise<Response>,
) {
  const validatorIn = remember((t: Texts) =>
    zValidator("form", schemaIn(t), async (result, c) => {
      if (result.success) return;
      c.status(422);
      return await again(c as Context<Env>, await readForm(c as Context<Env>), problemsOf(result.error.issues));
    })
  );
  type Validator = ReturnType<typeof validatorIn>;
  return ((c, next) => validatorIn((c as Context<Env>).var.texts)(c, next)) as Validator;
}

function problemsOf(issues: { path: PropertyKey[]; message: string }[]): Problems {
  return Object.fromEntries(issues.map(({ path, message }) => [String(path[0] ?? ""), message]).reverse());
}
