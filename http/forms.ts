import { zValidator } from "@hono/zod-validator";
import type { Context } from "hono";
import { z } from "zod";
import { isTooLong } from "../credentials/policy.ts";
import { LONGEST_EMAIL } from "../db/users.ts";
import type { Texts } from "../words/texts.ts";
import type { Env } from "./env.ts";

/** A form's fields as typed; of a repeated field the last. */
export type Typed = Record<string, string | undefined>;

/** What is wrong with a form, by field, in sentences. */
export type Problems = Record<string, string>;

/** The message of a schema, which is looked up in the request's language. */
export type ProblemKey = keyof Texts["problems"];

/** Marks a key as one of `Texts.problems`, for the messages of a schema. */
export const problem = (key: ProblemKey): ProblemKey => key;

/** A field for an existing or new password; one that is too long fails before it costs a hash. */
export function passwordField(missing: ProblemKey) {
  return z.string(missing).min(1, missing).refine((text) => !isTooLong(text), problem("passwordTooLong"));
}

/** A field for an existing account's address. It isn't checked for an @: any account's address must be accepted. */
export function emailField() {
  return z.string(problem("noEmail")).trim().min(1, problem("noEmail")).max(LONGEST_EMAIL, problem("emailTooLong"));
}

export async function readForm(c: Context<Env>): Promise<Typed> {
  const body = await c.req.parseBody();
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** Validates a form; if it fails, `again` answers 422 with the form. */
export function validForm<Schema extends z.ZodObject>(
  schema: Schema,
  again: (c: Context<Env>, typed: Typed, problems: Problems) => Response | Promise<Response>,
) {
  return zValidator("form", schema, async (result, context) => {
    if (result.success) return;
    const c = context as Context<Env>;
    c.status(422);
    return await again(c, await readForm(c), problemsOf(result.error.issues, c.var.texts));
  });
}

/** Each field's first problem. */
export function problemsOf(issues: z.core.$ZodIssue[], t: Texts): Problems {
  return Object.fromEntries(issues.map(({ path, message }) => [String(path[0]), say(message, t)]).reverse());
}

/** The sentence behind a schema's message. */
export function say(message: string, t: Texts): string {
  return t.problems[message as ProblemKey];
}
