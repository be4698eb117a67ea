import type { Context } from "hono";
import { z } from "zod";
import { passwordProblem, SHORTEST_PASSWORD } from "../../credentials/policy.ts";
import type { Env } from "../env.ts";
import { passwordField, type Problems } from "../forms.ts";

/** The fields of a form that sets a password. */
export const NewPassword = z.object({
  new_password: passwordField("noNewPassword"),
  new_password_again: passwordField("noNewPasswordAgain"),
});

/** Finds what is wrong with a new password; nothing is an empty object. */
export async function checkNewPassword(
  c: Context<Env>,
  fields: z.infer<typeof NewPassword> & { current_password?: string },
  email: string,
): Promise<Problems> {
  const { options, texts } = c.var;
  const { password: t } = texts;
  const problem = await passwordProblem(fields.new_password, email, options.brand ?? texts.brand);
  if (problem) return { new_password: t.problems[problem](SHORTEST_PASSWORD) };
  if (fields.new_password === fields.current_password) return { new_password: t.same };
  return fields.new_password === fields.new_password_again ? {} : { new_password_again: t.different };
}
