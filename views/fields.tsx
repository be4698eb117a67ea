import type { Child } from "hono/jsx";
import { maskCsrf } from "../http/csrf.ts";
import type { Problems } from "../http/forms.ts";
import type { Texts } from "../words/texts.ts";

export function CsrfField({ csrf }: { csrf: string }) {
  return <input type="hidden" name="csrf" value={maskCsrf(csrf)} />;
}

type FieldProps = {
  name: string;
  label: string;
  hint?: Child;
  problem?: string | undefined;
  describedBy?: string | undefined;
  type: string;
  value?: string | undefined;
  autocomplete: string;
  autofocus?: boolean;
  spellcheck?: boolean;
  inputmode?: "email" | "numeric";
  autocapitalize?: "none";
  maxlength?: number;
  minlength?: number;
  button?: Child;
};

export function Field({ name, label, hint, problem, describedBy, button, ...attributes }: FieldProps) {
  const input = (
    <input
      id={name}
      name={name}
      required
      aria-describedby={describedByOf(name, { hint, problem, describedBy })}
      aria-invalid={problem ? "true" : undefined}
      {...attributes}
      autofocus={problem ? true : attributes.autofocus}
    />
  );
  return (
    <div class="field">
      <label for={name} id={`${name}-label`}>{label}</label>
      {button ? <div class="field-row">{input}{button}</div> : input}
      {hint && <p class="hint" id={`${name}-hint`}>{hint}</p>}
      {problem && <p class="field-problem" id={`${name}-problem`}>{problem}</p>}
    </div>
  );
}

// A text field: one for addresses would refuse what some accounts have, and rewrite others.
export function EmailField(field: Omit<FieldProps, "name" | "type" | "button">) {
  return <Field {...field} name="email" type="text" inputmode="email" autocapitalize="none" spellcheck={false} />;
}

// Spelling services must not receive a password while it is shown.
export function PasswordField({ words, ...field }: Omit<FieldProps, "type" | "button"> & { words: Texts["field"] }) {
  const { name } = field;
  return (
    <Field
      {...field}
      type="password"
      spellcheck={false}
      autocapitalize="none"
      button={
        <button
          type="button"
          class="quiet reveal"
          aria-controls={name}
          aria-describedby={`${name}-label`}
          data-other={words.hidePassword}
        >
          {words.showPassword}
        </button>
      }
    />
  );
}

export function NewPasswordFields({ shortest, problems, autofocus = false, describedBy, t: { password: t, field } }: {
  shortest: number;
  problems: Problems;
  autofocus?: boolean;
  describedBy?: string | undefined;
  t: Texts;
}) {
  return (
    <>
      <PasswordField
        name="new_password"
        words={field}
        label={t.new}
        autocomplete="new-password"
        autofocus={autofocus}
        hint={t.newHint(shortest)}
        problem={problems.new_password}
        describedBy={describedBy}
      />
      <PasswordField
        name="new_password_again"
        words={field}
        label={t.again}
        autocomplete="new-password"
        problem={problems.new_password_again}
      />
    </>
  );
}

export function Choice({ name, label, hint, problem, describedBy, autofocus, children }: {
  name: string;
  label: string;
  hint?: string;
  problem?: string | undefined;
  describedBy?: string | undefined;
  autofocus?: boolean;
  children?: Child;
}) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select
        id={name}
        name={name}
        autocomplete="off"
        aria-describedby={describedByOf(name, { hint, problem, describedBy })}
        aria-invalid={problem ? "true" : undefined}
        autofocus={problem ? true : autofocus}
      >
        {children}
      </select>
      {hint && <p class="hint" id={`${name}-hint`}>{hint}</p>}
      {problem && <p class="field-problem" id={`${name}-problem`}>{problem}</p>}
    </div>
  );
}

function describedByOf(
  name: string,
  { hint, problem, describedBy }: Pick<FieldProps, "hint" | "problem" | "describedBy">,
) {
  return [hint && `${name}-hint`, problem && `${name}-problem`, describedBy].filter(Boolean).join(" ") || undefined;
}
